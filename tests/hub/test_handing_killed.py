"""A submission that is killed at any moment leaves one job or none, and the run says which."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.jobs.huggingface import read_remote
from backend.jobs.states import read_state
from backend.runs import Run
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import ordered_run, runner_of, watched_to_end
from tests.waiting import wait_until

SUBMITTERS = """
import os, sys
from pathlib import Path
from backend.jobs.huggingface import HuggingFaceRunner
from backend.runs import Run
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        HuggingFaceRunner(lambda: sys.argv[1], "ada", (0.0, 0.1, 0.2)).submit(Run.open(Path(line.strip())), "train")
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def submitters(token: str) -> Iterator[subprocess.Popen[str]]:
    """A process that makes one for each run it is told of, which submits it; libraries are loaded once."""
    command = [sys.executable, "-c", SUBMITTERS, token]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.mark.slow  # test_handing.py holds lost answers
def test_a_submission_killed_at_any_moment_leaves_one_job_or_none_and_says_which(
    hub: LoopbackHub, token: str, tmp_path: Path, submitters: subprocess.Popen[str]
) -> None:
    """SIGKILL around each of the seven requests: before it is carried out, or, for the last, when it just was."""
    outcomes = []
    assert submitters.stdin is not None
    assert submitters.stdout is not None
    for at, done in [*((at, False) for at in range(1, 8)), (7, True)]:
        run = ordered_run(tmp_path / "runs")
        hub.jobs.reset()
        hub.jobs.scheduling = 600.0
        go_on, before = threading.Event(), len(hub.trace)
        hub.fail("", None, after=at - 1, times=1, done=done, until=go_on)
        submitters.stdin.write(f"{run.path}\n")
        submitters.stdin.flush()
        child = int(submitters.stdout.readline())
        wait_until(lambda at=at + before: len(hub.trace) >= at)
        wait_until(lambda done=done: not done or bool(hub.jobs.all))
        os.kill(child, signal.SIGKILL)
        assert int(submitters.stdout.readline()) == -signal.SIGKILL
        go_on.set()
        wait_until(lambda: hub.answering == 0)  # what was on its way has arrived
        hub.faults.clear()
        state, started = read_state(run, "train"), list(hub.jobs.all)
        outcomes.append((len(started), known(run) is not None))
        if state is not None and state.active and not started:
            assert "was not started, and nothing is billed" in watched_to_end(run, "train", token).message
        if known(run) is None:  # it was not started, or nobody heard that it was
            assert runner_of(token).submit(run, "train").active
        assert [known(run)] == list(hub.jobs.all)
        assert not started or started == list(hub.jobs.all)
    assert outcomes == [(0, False)] * 7 + [(1, False)]


def known(run: Run) -> str | None:
    """The id of the job as the run's folder has it."""
    remote = read_remote(run)
    ref = remote.jobs.get("train") if remote else None
    return ref.job_id if ref else None
