"""A job that still waits for a machine when its login is about to end: it would be billed, and could not save."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from backend.jobs.huggingface import Watchers
from backend.jobs.huggingface.ends import TOO_LATE
from backend.jobs.huggingface.login import JobLogin, is_too_late, login_path
from backend.jobs.states import JobState, read_state
from backend.runs import Run, read_json, write_json
from tests.hub.jobs import Job
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import SCOPES
from tests.hub.remote_runs import ordered_run, runner_of
from tests.waiting import wait_until

MINUTE = 60.0


def login(hub: LoopbackHub, minutes: float) -> str:
    """A login of ada's that ends in so many minutes."""
    return hub.world.accounts.add_oauth("ada", tuple(SCOPES.split()), 60 * minutes)


@pytest.fixture
def run(hub: LoopbackHub, tmp_path: Path) -> Run:
    hub.jobs.scheduling = 3600
    return ordered_run(tmp_path / "runs")


def submitted(hub: LoopbackHub, run: Run, token: str) -> Job:
    runner_of(token).submit(run, "train")
    (job,) = hub.jobs.all.values()
    return job


def state_of(run: Run) -> JobState:
    state = read_state(run, "train")
    assert state is not None
    return state


@pytest.mark.parametrize(
    ("limit", "left", "late"),
    [
        (120, 59, True),
        (120, 61, False),
        (40, 29, True),
        (40, 31, False),
        (10, 11, False),  # the whole limit fits
        (10, 9, True),
        (10, -1, True),
    ],
)
def test_too_late_is_less_than_half_of_the_limit_or_half_an_hour(limit: float, left: float, late: bool) -> None:
    assert is_too_late(limit * MINUTE, left * MINUTE, 0.0) is late
    assert not is_too_late(limit * MINUTE, None, 0.0)


def test_a_job_that_waits_while_its_login_nears_its_end_is_cancelled(hub: LoopbackHub, run: Run) -> None:
    token, watchers = login(hub, 29), Watchers(0.05)
    job = submitted(hub, run, token)
    watchers.watch(run, "train", token)
    wait_until(lambda: not state_of(run).active)
    watchers.stop()
    assert (job.stage, job.started) == ("CANCELED", None)
    state = state_of(run)
    assert (state.state, state.started, state.message) == ("cancelled", None, TOO_LATE)
    assert hub.trace.count(f"POST /api/jobs/ada/{job.id}/cancel") == 1


def test_a_job_whose_login_lasts_waits_on_and_the_hub_is_asked_once(hub: LoopbackHub, run: Run) -> None:
    token, watchers = login(hub, 120), Watchers(0.02)
    job = submitted(hub, run, token)
    asked = hub.trace.count("GET /api/whoami-v2")
    for _ in range(2):  # a restart asks no more
        inspected = hub.trace.count(f"GET /api/jobs/ada/{job.id}")
        watchers.watch(run, "train", token)
        wait_until(lambda i=inspected: hub.trace.count(f"GET /api/jobs/ada/{job.id}") > i + 20)
        watchers.stop()
    assert hub.trace.count("GET /api/whoami-v2") == asked + 1
    assert (job.stage, state_of(run).state) == ("SCHEDULING", "queued")


def test_a_newer_login_does_not_save_a_job_that_has_the_older_one(hub: LoopbackHub, run: Run) -> None:
    """The first login is asked when it ends, and ends; the second cancels the job before it costs anything."""
    old, watchers = login(hub, 31), Watchers(0.02)
    job = submitted(hub, run, old)
    watchers.watch(run, "train", old)
    wait_until(lambda: '"ends"' in login_path(run, "train").read_text())
    hub.world.accounts.end(old)
    wait_until(lambda: not watchers.watching(run, "train"))
    assert "If the job is still waiting then, cancel it and start it again" in state_of(run).message
    path = login_path(run, "train")
    write_json(path, {**read_json(path), "ends": time.time()})  # its 31 minutes are over
    watchers.watch(run, "train", login(hub, 480))
    wait_until(lambda: not state_of(run).active)
    watchers.stop()
    assert (job.stage, state_of(run).message) == ("CANCELED", TOO_LATE)


def test_a_shorter_login_that_follows_does_not_cancel_a_job_that_has_a_longer_one(hub: LoopbackHub, run: Run) -> None:
    long, short, watchers = login(hub, 480), login(hub, 5), Watchers(0.02)
    job = submitted(hub, run, long)
    watchers.watch(run, "train", short)
    wait_until(lambda: hub.trace.count(f"GET /api/jobs/ada/{job.id}") > 20)
    watchers.stop()
    assert job.stage == "SCHEDULING"


def test_a_machine_that_comes_with_the_cancelling_is_not_told_as_free(hub: LoopbackHub, run: Run) -> None:
    token, watchers = login(hub, 29), Watchers(0.05)
    hub.fail("POST .*/cancel$", None, delay_seconds=1.0)
    job = submitted(hub, run, token)
    watchers.watch(run, "train", token)
    wait_until(lambda: any(asked.endswith("/cancel") for asked in hub.trace))
    job.become("RUNNING")
    wait_until(lambda: not state_of(run).active)
    watchers.stop()
    assert state_of(run).state == "cancelled"
    assert "about a minute may be billed" in state_of(run).message


def test_the_record_of_a_login_holds_no_token_and_is_of_one_attempt(hub: LoopbackHub, run: Run) -> None:
    token = login(hub, 120)
    submitted(hub, run, token)
    record = login_path(run, "train").read_text()
    assert token not in record
    assert JobLogin(run, "train", "another").ends(token) is None


def test_a_hub_that_does_not_say_when_a_login_ends_is_asked_again_later(hub: LoopbackHub, run: Run) -> None:
    token = login(hub, 120)
    runner_of(token).submit(run, "train")
    attempt = hub.jobs.asked[0]["labels"]["fgt-attempt"]
    hub.fail("whoami", 503)
    patient, hasty = JobLogin(run, "train", attempt), JobLogin(run, "train", attempt, 0.0)
    assert (patient.ends(token), hasty.ends(token)) == (None, None)
    hub.faults.clear()
    assert patient.ends(token) is None
    assert hasty.ends(token) is not None
