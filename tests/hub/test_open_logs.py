"""A log whose connection stays open must not hide that its job has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.jobs.huggingface import Watchers
from backend.jobs.huggingface.log_stream import LogTimeouts
from backend.jobs.states import read_state
from backend.runs import Run
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import ordered_run, scripted_job
from tests.waiting import wait_until

QUICK = LogTimeouts(inspect=0.3, drain_silence=0.3, drain=1.0)
FOREVER = "import time\nwhile True: print('on', time.time(), flush=True); time.sleep(0.02)"


@pytest.fixture
def token(hub: LoopbackHub) -> str:
    hub.jobs.logs_stay_open, hub.jobs.keep_alive_seconds = True, 0.05
    return hub.world.add_user("ada")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return ordered_run(tmp_path / "runs")


def asked_after(hub: LoopbackHub, job: str) -> int:
    """How often the job was inspected."""
    return hub.trace.count(f"GET /api/jobs/ada/{job}")


def ended(run: Run) -> bool:
    state = read_state(run, "train")
    return state is not None and not state.active


def test_a_job_that_ended_is_ended_though_its_log_only_keeps_alive(hub: LoopbackHub, run: Run, token: str) -> None:
    watchers = Watchers(0.05, log_timeouts=QUICK)
    scripted_job(hub, run, token, "raise SystemExit('error: Row 3 is wrong.')")
    watchers.watch(run, "train", token)
    wait_until(lambda: ended(run))
    watchers.stop()
    state = read_state(run, "train")
    assert state is not None
    assert (state.state, state.message) == ("failed", "Row 3 is wrong.")


def test_a_job_that_ended_is_ended_though_lines_go_on(hub: LoopbackHub, run: Run, token: str) -> None:
    """Lines that were late, or come for ever, after the job's end."""
    watchers = Watchers(0.05, log_timeouts=QUICK)
    job = hub.jobs.all[scripted_job(hub, run, token, FOREVER)]
    watchers.watch(run, "train", token)
    wait_until(lambda: len(job.lines) > 20)
    job.become("ERROR", "Job failed with exit code: 3")  # the process lives on
    wait_until(lambda: ended(run))
    watchers.stop()
    assert job.process is not None
    assert job.process.poll() is None
    state = read_state(run, "train")
    assert state is not None
    assert (state.state, state.exit_code) == ("failed", 3)


def test_an_open_log_is_one_connection_and_few_questions(hub: LoopbackHub, run: Run, token: str) -> None:
    """At most one question in the time between two, however many signs of life and lines come."""
    watchers = Watchers(0.01, log_timeouts=LogTimeouts(inspect=3600.0))
    name = scripted_job(hub, run, token, FOREVER)
    watchers.watch(run, "train", token)
    log = run.log_path("train")
    wait_until(lambda: log.exists() and log.read_text().count("on ") > 50)
    asked = asked_after(hub, name)
    wait_until(lambda: log.read_text().count("on ") > 100)
    assert asked_after(hub, name) == asked
    assert hub.trace.count(f"GET /api/jobs/ada/{name}/logs") == 1
    watchers.stop()


def test_a_login_that_ended_is_noticed_while_the_log_is_open(hub: LoopbackHub, run: Run, token: str) -> None:
    watchers = Watchers(0.05, log_timeouts=QUICK)
    scripted_job(hub, run, token, "import time; time.sleep(60)")
    watchers.watch(run, "train", token)
    wait_until(lambda: (state := read_state(run, "train")) and state.state == "running")
    hub.world.accounts.end(token)
    wait_until(lambda: not watchers.watching(run, "train"))
    state = read_state(run, "train")
    assert state is not None
    assert state.active
    assert "ends the next time it saves" in state.message
