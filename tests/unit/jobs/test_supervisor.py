"""The process between the app and a job: the app may end, and what its own death or a signal to it means."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from backend.jobs import JobState, LocalRunner
from backend.runs import Run
from tests.conftest import ROOT
from tests.unit.jobs.local_jobs import QUICK, SLOW, end_of, is_alive, printed
from tests.waiting import wait_until

SUBMITTER = """
import sys
from pathlib import Path
from backend.jobs import LocalRunner
from backend.runs import Run
print(LocalRunner(Path(sys.argv[1])).submit(Run.open(Path(sys.argv[2])), "train").state)
"""


def test_a_job_outlives_the_app_that_started_it(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner], tmp_path: Path
) -> None:
    run, runner = make_run("run"), make_runner(train="import time\nprint(1, flush=True)\ntime.sleep(1)\nprint(2)")
    command = [sys.executable, "-c", SUBMITTER, str(tmp_path / "scripts"), str(run.path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("queued", "running")
    assert end_of(runner, run, "train").state == "completed"
    assert runner.log(run, "train")[0] == "1\n2\n"


def _supervisor_of(run: Run) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"backend.jobs.supervise" in words and json.dumps(str(run.path)).encode() in words[-2]:
                return int(entry.name)
    raise AssertionError("no supervisor found")


def test_a_job_whose_supervisor_died_is_lost_and_can_be_started_again(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train="import os\nprint(os.getpid(), flush=True)\n" + SLOW)
    runner.submit(run, "train")
    job = int(printed(runner, run, "train").splitlines()[0])
    os.kill(_supervisor_of(run), signal.SIGKILL)
    wait_until(lambda: not is_alive(job))
    wait_until(lambda: not (runner.state(run, "train") or JobState("running")).active)
    state = runner.state(run, "train")
    assert state is not None
    assert state.state == "lost"
    assert "Start it again" in state.message
    assert runner.cancel(run, "train").state == "lost"
    other = make_run("other")
    make_runner(evaluate=QUICK).submit(other, "evaluate")  # a dead job blocks no one
    assert end_of(runner, other, "evaluate").state == "completed"
    make_runner(train=QUICK).submit(run, "train")
    assert end_of(runner, run, "train").state == "completed"


def test_a_supervisor_told_to_stop_ends_its_job(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=SLOW)
    runner.submit(run, "train")
    printed(runner, run, "train")
    os.kill(_supervisor_of(run), signal.SIGTERM)
    assert end_of(runner, run, "train").state == "cancelled"
