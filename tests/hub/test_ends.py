"""Why a job failed: its own words, the Hub's, a kill, and a time limit in words that nobody documented."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from backend.jobs.logs import KILLED
from backend.runs import Run
from tests.conftest import ROOT
from tests.hub.jobs import Job
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import ordered_run, scripted_job, watched_to_end
from tests.waiting import wait_until

WORKS = "import time; print('step 40 of 100', flush=True); time.sleep(60)"
LIMIT = "The job reached its time limit of 30 minutes and was stopped."


@pytest.fixture
def token(hub: LoopbackHub) -> str:
    return hub.world.add_user("ada")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return ordered_run(tmp_path / "runs")


def working(hub: LoopbackHub, run: Run, token: str) -> Job:
    """A job that has printed a line."""
    job = hub.jobs.all[scripted_job(hub, run, token, WORKS)]
    wait_until(lambda: len(job.lines) > 1)
    return job


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [
        ("os.kill(os.getpid(), 9)", -9, KILLED),
        ("os._exit(137)", 137, KILLED),
        ("sys.exit('error: Row 3 is wrong.')", 1, "Row 3 is wrong."),
        (
            "os._exit(3)",
            3,
            "Hugging Face says: Job failed with exit code: 3. The last line of the job's log: step 40 of 100",
        ),
    ],
)
def test_a_failure_is_told_by_its_own_error_then_by_the_hub(
    hub: LoopbackHub, run: Run, token: str, end: str, code: int, told: str
) -> None:
    scripted_job(hub, run, token, f"import os, sys; print('step 40 of 100', flush=True); {end}")
    state = watched_to_end(run, "train", token)
    assert (state.state, state.exit_code, state.message) == ("failed", code, told)


def test_no_exit_code_is_told_where_the_hub_names_none(hub: LoopbackHub, run: Run, token: str) -> None:
    job = working(hub, run, token)
    hub.jobs.timeout_message = "OOMKilled"
    hub.jobs.time_out(job)
    state = watched_to_end(run, "train", token)
    assert (state.exit_code, state.message) == (None, KILLED)


@pytest.mark.parametrize("said", ["Job exceeded its maximum duration", "DeadlineExceeded", "Job timed out"])
def test_a_time_limit_is_known_by_other_words(hub: LoopbackHub, run: Run, token: str, said: str) -> None:
    job = working(hub, run, token)
    hub.jobs.timeout_message = said
    hub.jobs.time_out(job)
    assert watched_to_end(run, "train", token).message.startswith(LIMIT)


@pytest.mark.parametrize("said", [None, "Job failed with exit code: 137"])
@pytest.mark.parametrize(("ran", "reached"), [(1797, True), (1900, True), (1700, False)])
def test_a_time_limit_is_known_by_the_clock_without_any_words(
    hub: LoopbackHub, run: Run, token: str, said: str | None, ran: int, reached: bool
) -> None:
    job = working(hub, run, token)
    job.started = (datetime.now(UTC) - timedelta(seconds=ran)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    hub.jobs.timeout_message = said
    hub.jobs.time_out(job)
    assert watched_to_end(run, "train", token).message.startswith(LIMIT) is reached


def test_a_job_that_never_started_did_not_reach_its_limit(hub: LoopbackHub, run: Run, token: str) -> None:
    hub.jobs.scheduling = 3600
    job = hub.jobs.all[scripted_job(hub, run, token, WORKS)]
    hub.jobs.timeout_message = "Image pull timeout"
    hub.jobs.time_out(job)
    state = watched_to_end(run, "train", token)
    assert state.message == "Hugging Face says: Image pull timeout. The job printed nothing."


def test_a_first_job_prints_nothing_about_files_that_are_not_there(run: Run, token: str, tmp_path: Path) -> None:
    HfApi(token=token).create_repo("ada/results", private=True)
    script = (
        "import sys; from pathlib import Path; from backend.runs import Run; "
        "from job_templates.hub.mounted import fetch_earlier; "
        "fetch_earlier(Run.open(Path(sys.argv[1])), 'ada/results', sys.argv[2], resume=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, run.path, token],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
