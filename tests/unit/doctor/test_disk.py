"""The folder of the runs: on a full disk, on one that is too small, where nothing may be written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.doctor.disk import check_disk, check_models
from backend.doctor.finding import Outcome
from backend.runs.fallback import usual_home
from job_templates.doctor import unwritable
from tests.conftest import ROOT
from ui.services.tenants import home

DOCTOR = [sys.executable, str(ROOT / "job_templates/doctor.py"), "--json"]
SMALL = 'mount -t tmpfs -o size=12m tmpfs "$0" && head -c 12m /dev/zero >"$0/full" ; exec "$@"'
READ_ONLY = 'mount -t tmpfs tmpfs "$0" && mount -o remount,ro "$0" && exec "$@"'


def _found(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    assert "Traceback" not in done.stderr
    groups: dict[str, Any] = json.loads(done.stdout)["groups"]
    return {one["title"]: one for group in groups.values() for one in group}


def _mounted(how: str, folder: Path) -> dict[str, dict[str, str]]:
    """The findings with FGT_HOME on a file system of its own, in a mount namespace that ends with the process."""
    unshare = ["unshare", "--mount", "--propagation", "private"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mount namespaces")
    command = [*unshare, "sh", "-c", how, str(folder), *DOCTOR]
    environment = {**os.environ, "FGT_HOME": str(folder)}
    return _found(subprocess.run(command, capture_output=True, text=True, env=environment, check=False))


def test_a_full_disk_is_one_line_with_the_next_step(tmp_path: Path) -> None:
    found = _mounted(SMALL, tmp_path)["Disk"]
    assert found["outcome"] == "failed"
    assert f"The disk of {tmp_path} is full (0.0 GB free)" in found["seen"]
    assert "a run of a 270M model needs 4 GB" in found["seen"]
    assert found["next"].startswith("Free 4.0 GB")


def test_a_read_only_folder_is_one_line_with_the_next_step(tmp_path: Path) -> None:
    found = _mounted(READ_ONLY, tmp_path)["Disk"]
    assert found["outcome"] == "failed"
    assert f"{tmp_path} cannot be written: Read-only file system." in found["seen"]
    assert "FGT_HOME" in found["next"]


def test_no_file_can_be_written_anywhere() -> None:
    """The limit stands for a quota that is used up; a file that is not named is what is written."""
    command = "import resource, runpy, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    command += f"sys.argv = ['doctor', '--json']\nrunpy.run_path({DOCTOR[1]!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    found = _found(done)
    assert done.returncode == 1
    assert {found[title]["outcome"] for title in ("Disk", "Temporary files", "Base models")} == {"failed"}
    assert found["LiteRT-LM runtime"]["outcome"] == "failed"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("/proc/none", "/proc/none cannot be written: "),
        ("", "needs the name of a file"),
        ("/", "needs the name of a file"),
        ("/proc/version/x", "/proc/version is not a folder"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_anything_is_checked(named: str, told: str) -> None:
    done = subprocess.run([*DOCTOR, f"--report={named}"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_is_not_touched_before_the_end(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("before")
    assert unwritable(tmp_path / "report") is None
    assert unwritable(tmp_path / "not/yet/report") is None
    assert (tmp_path / "report").read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_output_is_a_plain_error_and_the_file_is_written_all_the_same(tmp_path: Path) -> None:
    command = [*DOCTOR, "--report", str(tmp_path / "report")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "error: Could not write the report on stdout: the disk is full." in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "report").read_text())["groups"]


def test_a_file_is_no_folder_for_runs(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    found = check_disk(tmp_path / "runs")
    assert (found.outcome, found.next) == (Outcome.FAILED, "Set FGT_HOME to a folder that you may write.")


@pytest.mark.parametrize("name", ["file/runs", "file/a/b/runs", "dangling", "dangling/runs"])
def test_a_path_through_a_file_holds_no_runs_and_no_models(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    found = check_disk(tmp_path / name, needed=0)
    assert found.outcome is Outcome.FAILED
    assert found.seen == f"{tmp_path / Path(name).parts[0]} is not a folder."
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / name))
    assert f"{tmp_path / Path(name).parts[0]} is not a folder" in check_models().seen


@pytest.mark.parametrize("name", ["none", "file"])
def test_an_unusable_folder_for_temporary_files_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    environment = {**os.environ, "TMPDIR": str(tmp_path / name)}
    found = _found(subprocess.run(DOCTOR, capture_output=True, text=True, env=environment, check=False))
    assert found["Temporary files"]["outcome"] == "failed"
    assert f"{tmp_path / name}, which TMPDIR names, cannot be written, so " in found["Temporary files"]["seen"]
    assert "TMPDIR" in found["Temporary files"]["next"]


def test_room_is_held_against_what_a_run_takes(tmp_path: Path) -> None:
    assert check_disk(tmp_path / "not/yet/there", needed=0).outcome is Outcome.PASSED
    assert list(tmp_path.iterdir()) == []  # looking makes no folder
    too_small = check_disk(tmp_path, needed=1 << 60)
    assert too_small.outcome is Outcome.FAILED
    assert "A run of the starter fits." in too_small.next


@pytest.mark.parametrize("named", [None, "~/elsewhere"])
def test_the_folder_is_the_one_that_the_page_keeps_runs_in(named: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if named:
        monkeypatch.setenv("FGT_HOME", named)
    else:
        monkeypatch.delenv("FGT_HOME", raising=False)
    assert usual_home() == home()
