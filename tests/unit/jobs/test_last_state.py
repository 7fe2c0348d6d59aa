"""A job's end is told, also where the disk did not take it at once."""

from __future__ import annotations

from pathlib import Path

from backend import locks
from backend.jobs import JobState, LocalRunner
from backend.jobs.local import cancel_path
from backend.runs import FolderStore, Run, RunConfig
from tests.conftest import DataSet
from tests.waiting import wait_until

WAITS = """
import pathlib, sys, time
print("began", flush=True)
while not pathlib.Path(sys.argv[-1]).exists():
    time.sleep(0.02)
"""


def test_a_last_state_that_could_not_be_written_is_written_once_the_disk_takes_it(
    tmp_path: Path, cycling: DataSet
) -> None:
    run = Run.create(tmp_path / "runs" / "one", RunConfig(), cycling.dataset, cycling.tools, "one")
    (tmp_path / "train.py").write_text(WAITS)
    runner, go_on = LocalRunner(tmp_path), tmp_path / "go on"
    runner.submit(run, "train", [str(go_on)])
    wait_until(lambda: (runner.state(run, "train") or JobState("queued")).state == "running")
    state = run.state_path("train")
    state.unlink()
    (state / "in the way").mkdir(parents=True)  # no rename takes the place of a folder that is not empty
    go_on.touch()
    alive = run.lock_path("train")
    wait_until(lambda: "Could not write" in runner.log(run, "train")[0] or not locks.is_held(alive))
    assert locks.is_held(alive)
    (state / "in the way").rmdir()
    state.rmdir()
    wait_until(lambda: not locks.is_held(alive))
    ended = runner.state(run, "train")
    assert ended is not None
    assert ended.state == "completed"


def test_who_waits_need_not_wait_for_that_and_who_cancels_can_delete(tmp_path: Path, cycling: DataSet) -> None:
    store = FolderStore(tmp_path / "runs")
    first, second = (store.create(RunConfig(), cycling.dataset, cycling.tools, name) for name in ("first", "second"))
    (tmp_path / "train.py").write_text(WAITS)
    runner, go_on = LocalRunner(tmp_path), tmp_path / "go on"
    runner.submit(first, "train", [str(go_on)])
    runner.submit(second, "train", [str(go_on)])
    wait_until(lambda: (runner.state(first, "train") or JobState("queued")).state == "running")
    state = first.state_path("train")
    state.unlink()
    (state / "in the way").mkdir(parents=True)
    go_on.touch()
    wait_until(lambda: (runner.state(second, "train") or JobState("queued")).state == "completed")
    assert locks.is_held(first.lock_path("train"))
    cancel_path(first, "train").touch()
    wait_until(lambda: not locks.is_held(first.lock_path("train")))
    store.delete(first.id)
    assert not first.path.exists()
