"""What scripts/run says before anything is installed, on machines that lack something."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.deploy_space import parser

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "flock", "grep", "uname")
OLD_PYTHON = "#!/bin/sh\ncase $1 in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac\n"
WITHOUT_VENV = f'#!/bin/sh\ncase $2 in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac\n'


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout's scripts, and a PATH that holds a few tools and no Python."""
    shutil.copytree(ROOT / "scripts", tmp_path / "checkout/scripts")
    for path in ROOT.glob("requirements*.txt"):
        shutil.copy(path, tmp_path / "checkout")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def _run(bare: Path, *arguments: str, script: str = "run") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bare / "checkout/scripts" / script, *arguments],
        env={"PATH": str(bare / "bin"), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
    )


def _install_stub(bare: Path, name: str, text: str) -> None:
    (bare / "bin" / name).write_text(text)
    (bare / "bin" / name).chmod(0o755)


@pytest.mark.parametrize(
    ("script", "arguments"), [("run", []), ("test", []), ("test", ["--space"]), ("deploy", ["ada/trainer"])]
)
def test_no_python_names_the_packages(bare: Path, script: str, arguments: list[str]) -> None:
    done = _run(bare, *arguments, script=script)
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed; none is installed" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_an_old_python_is_named(bare: Path) -> None:
    _install_stub(bare, "python3", OLD_PYTHON)
    done = _run(bare)
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed; python3 is Python 3.9.2" in done.stderr


def test_a_python_without_venv_names_its_package(bare: Path) -> None:
    _install_stub(bare, "python3", WITHOUT_VENV)
    done = _run(bare)
    assert done.returncode == 1
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"apt-get install python{version}-venv" in done.stderr
    assert not (bare / "checkout/.venv").exists()


def test_help_needs_nothing(bare: Path) -> None:
    done = _run(bare, "--help")
    assert done.returncode == 0
    assert "--port PORT" in done.stdout
    assert "--host HOST" in done.stdout
    assert "--reload" in done.stdout


def test_what_the_tests_of_a_space_leave_out_is_there() -> None:
    left_out = re.findall(r"--(?:ignore|deselect)=(\S+)", (ROOT / "scripts/test").read_text(encoding="utf-8"))
    assert len(left_out) > 5
    for name in left_out:
        path, _, test = name.partition("::")
        assert (ROOT / path).is_file(), name
        assert test in (ROOT / path).read_text(encoding="utf-8"), name


def test_deploy_says_what_its_command_takes(bare: Path) -> None:
    done = _run(bare, "--help", script="deploy")
    assert done.returncode == 0
    assert set(re.findall(r"--[a-z-]+", done.stdout)) == set(re.findall(r"--[a-z-]+", parser().format_help()))
    nothing = _run(bare, script="deploy")
    assert nothing.returncode == 2
    assert nothing.stderr.startswith("error: name the Space.")
    assert "Usage: scripts/deploy USER/SPACE" in nothing.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port"], "--port needs a value"),
        (["--port=0"], "from 1 to 65535, not '0'"),
        (["--port", "65536"], "from 1 to 65535, not '65536'"),
        (["--port", "08x"], "from 1 to 65535, not '08x'"),
        (["--host="], "--host needs a value"),
        (["--share"], "unknown option: --share"),
        (["--reload", "--share"], "unknown option: --share"),
        (["--reload=1"], "unknown option: --reload=1"),
    ],
)
def test_wrong_usage_is_told_with_the_usage(bare: Path, arguments: list[str], told: str) -> None:
    done = _run(bare, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Usage: scripts/run" in done.stderr


NOTING = """import os, sys, time
print("up", os.getpid(), *sys.argv[1:], flush=True)
time.sleep(600)
"""


def _ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_reload_starts_the_app_anew_when_a_file_changes(bare: Path) -> None:
    """The app here says that it is up, and no more."""
    root = bare / "checkout"
    (root / "ui/static").mkdir(parents=True)
    (root / "ui/static/page.css").write_text("a {}")
    (root / "ui/page.pyi").write_text("")
    (root / "app.py").write_text(NOTING)
    command = [sys.executable, "-m", "scripts.reload", "--port", "7861"]
    watching = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert watching.stdout is not None
    pids = []
    try:
        for name in ("ui/static/page.css", "ui/new.py", "app.py"):
            up, pid, *arguments = watching.stdout.readline().split()
            assert (up, arguments) == ("up", ["--port", "7861"])
            pids.append(int(pid))
            (root / "ui/page.pyi").write_text("made by Gradio")
            (root / name).write_text("import (" if name == "app.py" else "changed {}")
            assert watching.stdout.readline() == f"{name} changed. Restarting the app.\n"
        assert watching.stdout.readline() == "The app ended with 1. It starts again when a file changes.\n"
        (root / "app.py").write_text(NOTING)
        assert watching.stdout.readline() == "app.py changed. Restarting the app.\n"
        pids.append(int(watching.stdout.readline().split()[1]))
    finally:
        watching.terminate()
        rest, _ = watching.communicate(timeout=60)
    assert (watching.returncode, rest) == (0, "")
    assert len(set(pids)) == 4
    assert [pid for pid in pids if not _ended(pid)] == []
