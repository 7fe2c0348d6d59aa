"""A login that ends while its job trains: what is told, what is kept, and how a new login goes on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend.jobs.huggingface import Watchers, read_remote
from backend.jobs.states import JobState, read_state
from backend.runs import Run, RunConfig
from backend.runs.saved_state import last_saved_state
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import SCOPES
from tests.hub.remote_runs import QUICK_LOOKS, ordered_run, runner_of, scripted_job, watched_to_end
from tests.waiting import wait_until

LONG = RunConfig(max_examples=40, epochs=400.0, batch_size=8, checkpoint_minutes=0.01)
SECONDS = 240
RESULTS = {
    "jobs/train.json": b'{"attempt": "a1", "exit_code": 0}',
    "training.json": b'{"steps": 40}',
    "checkpoint/model.safetensors": b"weights",
}


def login(hub: LoopbackHub) -> str:
    """A new login of ada's, with the Space's own scopes."""
    return hub.world.accounts.add_oauth("ada", tuple(SCOPES.split()))


def state_of(run: Run) -> JobState:
    state = read_state(run, "train")
    assert state is not None
    return state


@pytest.mark.slow  # the tests below and test_road.py hold its parts
def test_a_login_that_ends_while_its_job_trains_loses_what_was_not_saved_and_no_more(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    old, run, watchers = login(hub), ordered_run(tmp_path / "runs", LONG), Watchers(0.1)
    runner_of(old).submit(run, "train")
    watchers.watch(run, "train", old)
    repo = hub.world.repos["model", f"ada/fgt-{run.id}"]
    wait_until(lambda: any(name.startswith("unfinished/") for name in repo.commits[-1][1]), SECONDS)
    hub.world.accounts.end(old)
    (job,) = hub.jobs.all.values()
    wait_until(lambda: job.ended, SECONDS)
    assert job.message == "Job failed with exit code: 1"
    assert not any("step 2000 of 2000" in text for _, text in job.lines)  # it ended as soon as it could not save
    wait_until(lambda: not watchers.watching(run, "train"), SECONDS)
    assert state_of(run).active
    assert "no longer accepts the login" in state_of(run).message
    assert "ends the next time it saves its results" in state_of(run).message
    assert "Log in again to follow the job. After it has ended, start it again or resume it." in state_of(run).message
    assert "goes on by itself" not in state_of(run).message
    assert last_saved_state(run) is None

    new = login(hub)
    watchers.watch(run, "train", new)
    wait_until(lambda: not state_of(run).active, SECONDS)
    state = state_of(run)
    assert (state.state, state.exit_code) == ("failed", 1)
    for told in (
        "no longer accepts the login that this job saves",
        repo.name,
        "Log in again, then start the job again",
    ):
        assert told in state.message
    kept = last_saved_state(run)
    assert kept is not None
    runner_of(new).submit(run, "train", ["--resume"])
    watchers.watch(run, "train", new)
    wait_until(lambda: re.search(rf"Continues from step {kept.step}\b", runner_of(new).log(run, "train")[0]), SECONDS)
    assert runner_of(new).cancel(run, "train").state == "cancelled"
    watchers.stop()


@pytest.mark.parametrize("when", ["POST .*none", "GET /api/models/"])
def test_a_login_that_ends_before_the_results_are_fetched_leaves_them_to_the_next(
    hub: LoopbackHub, tmp_path: Path, when: str
) -> None:
    """Once by a token that ends when the job does, once by a refusal that comes with the first file."""
    old, run, watchers = login(hub), ordered_run(tmp_path / "runs"), Watchers(0.05)
    remote = read_remote(run)
    assert remote is not None
    made_by = hub.world.accounts.tokens[old].app
    hub.world.add_repo(remote.results_repo, RESULTS, private=True, made_by=made_by)
    go = tmp_path / "go"
    scripted_job(hub, run, old, f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)")
    hub.fail(when, 401)
    watchers.watch(run, "train", old)
    wait_until(lambda: state_of(run).state == "running")
    if "models" not in when:
        hub.world.accounts.end(old)
    go.touch()
    wait_until(lambda: not watchers.watching(run, "train"))
    assert state_of(run).active
    assert "og in again" in state_of(run).message
    hub.faults.clear()
    assert watched_to_end(run, "train", login(hub)).state == "completed"
    assert run.training_path.read_bytes() == b'{"steps": 40}'


@pytest.mark.slow  # tests/hub/test_handing.py and test_unfinished.py hold uploads that fail
def test_an_upload_that_fails_is_not_tried_again_at_once(hub: LoopbackHub, tmp_path: Path) -> None:
    """A job that trains looks four times a second whether there is something to save."""
    token, run = login(hub), ordered_run(tmp_path / "runs", LONG)
    runner_of(token).submit(run, "train")
    hub.fail(f"POST /api/models/ada/fgt-{run.id}/commit/", 500)
    watchers = Watchers(0.1)
    watchers.watch(run, "train", token)
    wait_until(lambda: "not saved yet" in runner_of(token).log(run, "train")[0], SECONDS)
    wait_until(lambda: re.search(r"step [1-9]\d\d of", runner_of(token).log(run, "train")[0]), SECONDS)
    assert runner_of(token).log(run, "train")[0].count("not saved yet") < 10
    runner_of(token).cancel(run, "train")
    watchers.stop()


def test_a_refused_login_does_not_look_for_a_job_for_ever(hub: LoopbackHub, tmp_path: Path) -> None:
    """The submission's answer was lost, and the login ended: another one finds the job."""
    old, run, watchers = login(hub), ordered_run(tmp_path / "runs"), Watchers(0.02, QUICK_LOOKS)
    hub.jobs.scheduling = 3600
    hub.fail("POST /api/jobs/ada$", 0, done=True, times=1)
    hub.fail("GET /api/jobs/ada$", 401, times=1)
    assert runner_of(old).submit(run, "train").active
    hub.faults.clear()
    hub.world.accounts.end(old)
    asked = len(hub.trace)
    for _ in range(2):  # the second time nothing is asked any more
        watchers.watch(run, "train", old)
        wait_until(lambda: not watchers.watching(run, "train"))
    assert hub.trace[asked:] == ["GET /api/jobs/ada"] * 3
    assert state_of(run).active
    assert "do not start it a second time. Log in again" in state_of(run).message
    watchers.watch(run, "train", login(hub))
    wait_until(lambda: state_of(run).message == "The job is waiting for a machine on Hugging Face.")
    remote = read_remote(run)
    assert remote is not None
    assert [remote.jobs["train"].job_id] == list(hub.jobs.all)
    watchers.stop()


def test_looking_for_a_job_waits_as_long_as_the_hub_asks(hub: LoopbackHub, tmp_path: Path) -> None:
    """The Hub asks for no wait at all, and the app's own would be an hour."""
    token, run, watchers = login(hub), ordered_run(tmp_path / "runs"), Watchers(3600.0, (0.0,))
    hub.jobs.scheduling = 3600
    hub.fail("POST /api/jobs/ada$", 0, done=True, times=1)
    hub.fail("GET /api/jobs/ada$", 403, headers={"Retry-After": "0"}, times=3)
    assert runner_of(token).submit(run, "train").active
    watchers.watch(run, "train", token)
    wait_until(lambda: state_of(run).message == "The job is waiting for a machine on Hugging Face.")
    watchers.stop()


def test_a_login_that_comes_while_another_is_refused_is_not_taken_for_refused(hub: LoopbackHub, tmp_path: Path) -> None:
    old, new, run, watchers = login(hub), login(hub), ordered_run(tmp_path / "runs"), Watchers(0.02)
    scripted_job(hub, run, old, "import time; time.sleep(60)")
    hub.world.accounts.end(old)
    hub.fail("GET /api/jobs/ada/", None, delay_seconds=0.5)
    watchers.watch(run, "train", old)
    wait_until(lambda: [token for asked, token in hub.sent if asked.startswith("GET /api/jobs/ada/")] == [old] * 3)
    watchers.watch(run, "train", new)  # while the third answer is on its way

    def runs() -> bool:
        watchers.watch(run, "train", new)
        return state_of(run).state == "running"

    wait_until(runs)
    watchers.stop()
