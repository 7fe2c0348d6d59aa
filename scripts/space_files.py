"""Selects the files for a Space: the files that the app reads, and the documents that its README links to."""

from __future__ import annotations

import hashlib
import re
import shlex
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError
from backend.files import read_bytes

ROOT = Path(__file__).resolve().parents[1]
FILES = ("app.py", "README.md", "SECURITY.md", "LICENSE", "requirements.txt", "package.json", "package-lock.json")
FOLDERS = ("backend", "docs", "examples", "job_templates", "ui")
NEEDED = ("app.py", "README.md", "requirements.txt", "package.json", "package-lock.json")
KNOWN = re.compile(
    r"(?:(?:backend|job_templates|ui)/(?:\w+/)*\w+\.py|backend/(?:\w+/)*[\w.]+\.jinja"
    r"|backend/(?:off_topic|vocabulary)/\w+\.csv"
    r"|ui/static/\w+\.(?:css|js|svg)"
    r"|docs/\w+\.md|examples/(?:README\.md|hiking\.csv|tools\.json))",
    re.ASCII,
)
"""The paths of the app's files; without git, these are sent."""
MOST_BYTES = 10_000_000
"""The largest plain file in a commit on the Hub."""
MADE_HERE = re.compile(r"(?:^|/)(?:\.[^/]*|__pycache__|node_modules)(?:/|$)|\.py[cdoi]$")
"""Files that tools write next to the sources, and that git ignores."""
UNTRACKED, UNKNOWN = "not tracked by git", "not a known file of the app"
START = re.compile(r"^## Start\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
STARTED = """## Start

This Space runs the app already. The scripts, tests, benchmarks and skills that this page and `docs/` name are only in a
checkout of the whole repository.

"""
"""Replaces the section on how to start the app in the README of a Space."""
PICTURE = re.compile(r"^!\[[^\]\n]*\]\((?!\w+:)(?P<path>[^)\n]+)\)\n\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SpaceFile:
    """One file of a Space, by its path there."""

    path: str
    content: bytes

    @property
    def blob_id(self) -> str:
        """The id that git gives to this content."""
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Selection:
    """The files for a Space, sorted by path, and the files that are left out, with the reasons."""

    files: tuple[SpaceFile, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """The size of all files, in bytes."""
        return sum(len(file.content) for file in self.files)


def select(root: Path = ROOT) -> Selection:
    """Returns the files for a Space: in a git checkout the tracked ones as they are now, else the known kinds.

    Raises InputError if a tracked or needed file is missing, is not text, or cannot be read.
    """
    names, left_out = _tracked(root) if (root / ".git").exists() else _known(root)
    files = []
    for name in sorted(names):
        reason, content = _read(root / name)
        if reason is None:
            files.append(SpaceFile(name, content))
        elif name.startswith("docs/"):
            left_out.append((name, reason))
        else:
            raise InputError(f"{root / name} is {reason}, and a Space takes only text files. Fix it, then try again.")
    missing = sorted(set(NEEDED) - {file.path for file in files})
    if missing:
        raise InputError(f"{root} lacks {', '.join(missing)}, which a Space needs. Run this in a whole checkout.")
    paths = {file.path for file in files}
    sent = (_readme(file, paths) if file.path == "README.md" else file for file in files)
    return Selection(tuple(sent), tuple(sorted(left_out)))


def _wanted(name: str) -> bool:
    return name in FILES or name.startswith(tuple(f"{folder}/" for folder in FOLDERS))


def _tracked(root: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Returns the tracked files of the app and the untracked ones. Raises InputError if a tracked one is missing."""
    names = [name for name in _git_lists(root, "--cached") if _wanted(name)]
    missing = [name for name in names if not (root / name).is_file() and not (root / name).is_symlink()]
    if missing:
        raise InputError(
            f"{root} lacks {_some(missing)}, which git tracks. Restore it with "
            f"`git restore {shlex.quote(missing[0])}`, or remove it from git with `git rm`, then try again."
        )
    others = _git_lists(root, "--others", "--exclude-standard")
    return names, [(name, UNTRACKED) for name in others if _wanted(name) and not MADE_HERE.search(name)]


def _known(root: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Returns the known files in a folder without git, and the others."""
    top = [name for name in FILES if (root / name).is_file()]
    paths = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()]
    below = [path.relative_to(root).as_posix() for path in paths]
    others = [name for name in below if not KNOWN.fullmatch(name) and not MADE_HERE.search(name)]
    printable = [name.encode("utf-8", "replace").decode() for name in others]
    return top + [name for name in below if KNOWN.fullmatch(name)], [(name, UNKNOWN) for name in printable]


def _git_lists(root: Path, *which: str) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", *which]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except FileNotFoundError as error:
        raise InputError(
            f"git is not installed, but it is needed to list the files of {root}. Install git, then try again."
        ) from error
    except (OSError, subprocess.CalledProcessError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.stderr.decode("utf-8", "replace").strip()
        raise InputError(f"git cannot list the files of {root}: {reason}. Fix that, then try again.") from error
    return [name for name in dict.fromkeys(done.stdout.decode("utf-8", "replace").split("\0")) if name]


def _some(names: Sequence[str]) -> str:
    """Returns at most five names, and the number of further ones."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _read(path: Path) -> tuple[str | None, bytes]:
    """Returns why a file is left out, None if it is sent, and its content."""
    if path.is_symlink():
        return "a link", b""
    if path.stat().st_size > MOST_BYTES:
        return f"larger than {MOST_BYTES // 1_000_000} MB", b""
    content = read_bytes(path, MOST_BYTES)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "binary", b""
    return ("binary" if b"\0" in content else None), content


def _readme(file: SpaceFile, paths: Collection[str]) -> SpaceFile:
    """Returns the README for a Space with these paths, without pictures that are not among them."""
    text = START.sub(STARTED, file.content.decode("utf-8"))
    shown = PICTURE.sub(lambda found: found[0] if found["path"] in paths else "", text)
    return SpaceFile(file.path, shown.encode())
