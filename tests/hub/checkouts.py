"""A checkout of this repository to change and to deploy: the app's files and the scripts, with a git of its own."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from scripts import deploy_space
from scripts.space_check import check_code, names_of
from scripts.space_files import select
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub

SPACE = "ada/trainer"
ROOMS = ("app.py", "backend", "docs", "examples", "job_templates", "scripts", "ui", ".gitignore")
ROOMS += ("README.md", "SECURITY.md", "LICENSE", "package.json", "package-lock.json")
LISTED = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
CHECK = functools.partial(check_code, read=functools.cache(names_of))
"""A file that was found to be well is not read again; others are refused each time."""
NOTE = 'printf "requirements.txt %s\\n" "$(cat requirements*.txt .venv/pyvenv.cfg | cksum)" > .venv/.installed'


@dataclass(frozen=True)
class Checkout:
    """The folder, with a .venv that is this process's Python."""

    root: Path

    def deploy(self, *arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run within this process what scripts/deploy runs once its Python is ready; a traceback is the test's."""
        said, told = io.StringIO(), io.StringIO()
        environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
        with (
            patch.dict(os.environ, {**environment, **({"HF_TOKEN": token} if token else {})}, clear=True),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(told),
        ):
            try:
                code = deploy_space.main(arguments, lambda: select(self.root), CHECK)
            except SystemExit as end:
                code = int(end.code or 0)
        return subprocess.CompletedProcess(arguments, code, said.getvalue(), told.getvalue())

    def deploy_apart(
        self, *arguments: str, token: str | None = None, path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run scripts/deploy from another folder, with the tools in `path` alone where that is given."""
        environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
        return subprocess.run(
            [self.root / "scripts/deploy", *arguments],
            cwd=self.root.parent,
            env={**environment, **({"HF_TOKEN": token} if token else {}), **({"PATH": str(path)} if path else {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def git(self, *arguments: str) -> None:
        """Run git in it."""
        subprocess.run(["git", "-C", self.root, *arguments], check=True, capture_output=True)


def checkout_at(root: Path) -> Checkout:
    """A new checkout of what is here now, untracked files included."""
    names = [*ROOMS, "requirements.txt", "requirements-local.txt", "requirements-test.txt"]
    listed = subprocess.run([*LISTED, *names], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    made = Checkout(root)
    made.git("init", "--quiet")
    made.git("add", "--all")
    _python(root)
    return made


def _python(root: Path) -> None:
    """A .venv that scripts/setup.sh takes for a ready one."""
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/pyvenv.cfg").touch()
    (root / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (root / ".venv/bin/python").chmod(0o755)
    subprocess.run(["bash", "-c", NOTE], cwd=root, check=True)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It ended with 1 and these words, in one line without a traceback."""
    code, said = done.returncode, done.stderr
    assert code == 1, said
    assert [word for word in words if word not in said] == []
    assert said.startswith("error: ")
    assert "Traceback" not in said


def held(hub: LoopbackHub, space: str = SPACE) -> dict[str, bytes]:
    """What the Space holds now."""
    _, files = hub.world.repos["space", space].at("main")
    return {path: file.content for path, file in files.items()}


def commits(hub: LoopbackHub) -> list[str]:
    return [asked for asked in hub.trace if "/commit/" in asked]
