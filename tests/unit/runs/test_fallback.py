"""A folder of one's own on a temporary disk that others write to as well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.runs.fallback import refusal
from tests.conftest import ROOT

ASK = "from backend.runs.fallback import fallback_folder as kept; print(kept('runs')); print(kept('runs'))"


def asked(temporary: Path) -> subprocess.CompletedProcess[str]:
    """The folder, twice, as a process with that temporary disk is given it."""
    environment = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def usual(temporary: Path) -> Path:
    return temporary / f"functiongemma-trainer-{os.geteuid()}-kept"


def test_every_process_of_a_user_finds_the_same_folder(tmp_path: Path) -> None:
    first, second = asked(tmp_path).stdout.split(), asked(tmp_path).stdout.split()
    assert first == second == [str(usual(tmp_path) / "runs")] * 2
    assert [path.stat().st_mode & 0o777 for path in (usual(tmp_path), usual(tmp_path) / "runs")] == [0o700, 0o700]


def _link(path: Path) -> None:
    (path.parent / "of-another").mkdir()
    path.symlink_to(path.parent / "of-another")


def _file(path: Path) -> None:
    path.write_text("here first")


def _open_to_all(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def _of_another(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can make a folder another's")
    path.mkdir()
    os.chown(path, 65534, 65534)


@pytest.mark.parametrize("plant", [_link, _file, _open_to_all, _of_another])
def test_what_another_put_there_first_is_not_used(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    plant(usual(tmp_path))
    found = asked(tmp_path)
    first, second = map(Path, found.stdout.split())
    assert first == second, found.stderr
    assert not first.is_relative_to(usual(tmp_path))
    assert first.parent.parent == tmp_path
    assert first.parent.stat().st_mode & 0o777 == 0o700
    planted = tmp_path / "of-another"
    assert not planted.exists() or list(planted.iterdir()) == []


def test_only_a_refusal_makes_a_folder_another(tmp_path: Path) -> None:
    assert refusal(tmp_path / "new/runs") is None
    assert (tmp_path / "new/runs").is_dir()
    assert list((tmp_path / "new/runs").iterdir()) == []
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file/runs") is None  # no other folder mends a wrong path
