"""What kills left goes at the app's start; what a living process or job uses stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import locks
from backend.errors import InputError
from backend.jobs import queue as turns
from backend.jobs.states import JobState, write_state
from backend.runs import FolderStore, Run, RunConfig
from backend.runs.folders import Scratch, built_beside, hold, own_temporary, remove
from backend.runs.sweep import sweep
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"
HOLDER = """
import sys
from pathlib import Path
from backend.runs.folders import Scratch
from backend.files import _open_temporary
kept = Scratch(".keeping-", Path(sys.argv[1]))
temporary = Scratch("litert-cache-")
writing = _open_temporary(Path(sys.argv[1]) / "training.json", 0o644)
print(kept.name, temporary.name, writing[0], sep="\\n", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return FolderStore(tmp_path / "runs").create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that stands for the system's temporary folder."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    tempfile.tempdir = None
    yield folder
    tempfile.tempdir = None


def test_what_a_living_process_holds_stays_and_goes_when_it_is_killed(run: Run, temporary: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run.path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    held = [Path(holder.stdout.readline().strip()) for _ in range(3)]
    try:
        sweep(run.path.parent)
        assert [path.exists() for path in held] == [True, True, True]
        assert held[1].is_relative_to(temporary)
    finally:
        holder.kill()
        holder.communicate()
    sweep(run.path.parent)
    assert [path.exists() for path in held] == [False, False, False]
    assert FolderStore(run.path.parent).open(run.id)


def test_what_a_living_job_keeps_stays_whoever_made_it(run: Run) -> None:
    left = [run.path / ".keeping-abcdefgh", run.export_dir / ".export-abcdefgh", run.path / ".checkpoint"]
    for path in left:
        path.mkdir(parents=True)
    lock = locks.take(run.lock_path("train"))
    assert lock is not None
    sweep(run.path.parent)
    assert all(path.exists() for path in left)
    os.close(lock)
    sweep(run.path.parent)
    assert not any(path.exists() for path in left)


def test_accounts_visitors_and_uploads_are_swept_too(run: Run) -> None:
    root = run.path.parent
    places = [root, root / ".visitors", root / ".accounts/ada", root / ".uploads", root / ".accounts/ada/.uploads"]
    left = [place / name for place in places for name in (".trash-0123456789ab", ".20260101-000000-aaaa.abcdefgh")]
    for path in left:
        (path / "inside").mkdir(parents=True)
    (root / ".forgotten").mkdir()
    left.append(root / ".forgotten/.x.01234567.tmp")
    left[-1].touch()
    sweep(root)
    assert [path for path in left if path.exists()] == []


def test_what_may_be_anothers_stays(run: Run, tmp_path: Path, temporary: Path) -> None:
    root = run.path.parent
    outside = tmp_path / "outside"
    (outside / ".trash-0123456789ab").mkdir(parents=True)
    (root / ".accounts").symlink_to(outside)
    (root / "link").symlink_to(outside)
    kept = [root / ".config.settings", root / ".git", root / ".notes.tmp", temporary / "run-abcdefgh"]
    for path in kept:
        path.mkdir()
    (root / ".trash-fedcba987654").symlink_to(outside)
    sweep(root)
    assert all(path.exists() for path in kept)
    assert (outside / ".trash-0123456789ab").exists()
    assert not (root / ".trash-fedcba987654").is_symlink()


def test_a_sweep_of_nothing_makes_nothing(tmp_path: Path) -> None:
    sweep(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_anothers_temporary_folder_is_not_used(temporary: Path) -> None:
    own = own_temporary()
    assert own is not None
    assert own.parent == temporary
    assert own.stat().st_mode & 0o077 == 0
    own.rmdir()
    (temporary / "elsewhere").mkdir()
    own.symlink_to(temporary / "elsewhere")
    assert own_temporary() is None
    with Scratch("work-") as folder:
        assert Path(folder).parent == temporary


def test_a_folder_is_held_by_one_alone(tmp_path: Path) -> None:
    first = hold(tmp_path)
    assert first is not None
    assert hold(tmp_path) is None
    os.close(first)
    (tmp_path / "link").symlink_to(tmp_path)
    assert hold(tmp_path / "link") is None
    assert hold(tmp_path / "none") is None


def test_what_fails_within_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), built_beside(tmp_path / "new") as building:
        (building / "half").write_bytes(bytes(1 // 0))
    assert list(tmp_path.iterdir()) == []


def test_removing_a_link_leaves_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target/file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    remove(tmp_path / "link")
    remove(tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert (tmp_path / "target/file").exists()


def test_a_run_behind_a_link_is_not_deleted_and_links_in_one_are_not_followed(run: Run, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "other")
    store.root.mkdir()
    (store.root / run.id).symlink_to(run.path)
    with pytest.raises(InputError, match="Pick a run from the list"):
        store.delete(run.id)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/file").touch()
    (run.path / "export").symlink_to(tmp_path / "precious")
    FolderStore(run.path.parent).delete(run.id)
    assert (tmp_path / "precious/file").exists()
    assert not run.path.exists()


def test_nothing_brings_a_deleted_run_back(run: Run) -> None:
    write_state(run, "train", JobState("completed", 1.0, 2.0, 0))
    FolderStore(run.path.parent).delete(run.id)
    with pytest.raises(InputError, match="No such file"):
        write_state(run, "train", JobState("failed", message="late"))
    with pytest.raises(InputError, match="No such file"):
        locks.take(run.lock_path("train"))
    assert list(run.path.parent.iterdir()) == []
    turns.enter(run.path.parent / "new" / ".queue").leave()


NO_LOCKS = """
import errno, fcntl, sys
from pathlib import Path
def flock(descriptor, operation):
    raise OSError(errno.EBADF, "Bad file descriptor")  # what NFS says of a folder
fcntl.flock = flock
from backend.files import write_json
from backend.runs.folders import Scratch, built_beside
from backend.runs.sweep import sweep
root = Path(sys.argv[1])
with built_beside(root / "new") as building:
    write_json(building / "file.json", {})
(root / ".trash-0123456789ab").mkdir()
sweep(root)
print(sorted(path.name for path in root.iterdir()))
"""


def test_a_file_system_without_locks_is_written_and_never_swept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NO_LOCKS, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "['.trash-0123456789ab', 'new']\n"
