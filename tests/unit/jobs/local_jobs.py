"""Scripts that stand where the jobs' scripts stand, and what becomes of a job that runs one."""

from __future__ import annotations

from pathlib import Path

from backend.jobs import JobState, LocalRunner
from backend.runs import Run
from tests.waiting import wait_until

QUICK = "import sys\nprint('\\x1b[1mbold', *sys.argv[1:])"
SLOW = "import time\nprint('began', flush=True)\ntime.sleep(600)"


def end_of(runner: LocalRunner, run: Run, stage: str) -> JobState:
    wait_until(lambda: not (runner.state(run, stage) or JobState("queued")).active)
    state = runner.state(run, stage)
    assert state is not None
    return state


def is_alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def printed(runner: LocalRunner, run: Run, stage: str) -> str:
    wait_until(lambda: runner.log(run, stage)[0] != "")
    return runner.log(run, stage)[0]
