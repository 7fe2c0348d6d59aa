"""Handing a run over: what is sent, that a job is started once and never lost, and how refusals read."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from backend.errors import InputError
from backend.jobs.huggingface import read_remote, write_order
from backend.jobs.huggingface.submission import labels
from backend.jobs.states import read_state
from backend.redact import TOKEN
from backend.runs import FolderStore, Run, RunConfig
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import IMAGE, ordered_run, runner_of, watched_to_end
from tests.waiting import wait_until

SHAPES = {"command": list, "arguments": list, "environment": dict, "flavor": str, "dockerImage": str}


@pytest.fixture
def token(hub: LoopbackHub) -> str:
    """Ada's; her jobs wait for a machine for ever."""
    hub.jobs.scheduling = 600.0
    return hub.world.add_user("ada")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return ordered_run(tmp_path / "runs")


def posts(hub: LoopbackHub) -> int:
    return hub.trace.count("POST /api/jobs/ada")


def test_what_is_sent_has_the_api_s_shape_and_nothing_of_the_user_s(
    hub: LoopbackHub, token: str, tmp_path: Path
) -> None:
    examples = ROOT / "examples"
    nasty = "Hi; rm -rf / $(id) <b>"
    config = RunConfig(max_examples=40, trackio_project=nasty)
    run = FolderStore(tmp_path).create(config, examples / "hiking.csv", examples / "tools.json", nasty)
    write_order(run, "ada", "l4x1", 2400)
    assert runner_of(token).submit(run, "train", ["--resume"]).state == "queued"
    (spec,) = hub.jobs.asked
    remote = read_remote(run)
    assert remote is not None
    ref = remote.jobs["train"]
    inputs, results = f"ada/fgt-{run.id}-inputs", f"ada/fgt-{run.id}"
    repo = hub.world.repos["dataset", inputs]
    script = "/fgt/code/job_templates/hub_job.py"
    assert spec == {
        "command": ["uv", "run", script, "--run", "/fgt", "--stage", "train", "--results", results],
        "arguments": [],
        "environment": {
            "UV_NO_PROGRESS": "1",
            "TQDM_DISABLE": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_XET": "1",
            "PYTHONUNBUFFERED": "1",
            "UV_HTTP_TIMEOUT": "300",
            "UV_HTTP_RETRIES": "5",
        },
        "flavor": "l4x1",
        "secrets": {"HF_TOKEN": token},
        "timeoutSeconds": 2400,
        "labels": {"fgt-run": run.id, "fgt-stage": "train", "fgt-attempt": ref.attempt, "name": "fgt-train"},
        "volumes": [{"type": "dataset", "source": inputs, "mountPath": "/fgt", "revision": repo.commits[-1][0]}],
        "dockerImage": "ghcr.io/astral-sh/uv:python3.12-bookworm",
    }
    assert (ref.job_id, ref.url) == (next(iter(hub.jobs.all)), f"{hub.endpoint}/jobs/ada/{ref.job_id}")
    assert remote.results_url == f"{hub.endpoint}/{results}"
    assert repo.private
    assert hub.world.repos["model", results].private
    assert len(repo.commits) == 2  # the empty one and ours
    files = repo.commits[-1][1]
    own = {name for name in files if not name.startswith("code/")}
    assert own == {".gitattributes", "run.json", "job.json", "inputs/dataset.csv", "inputs/tools.json"}
    assert {"code/job_templates/hub_job.py", "code/job_templates/train.py", "code/backend/prompts/native.jinja"} <= set(
        files
    )
    assert {Path(name).suffix for name in set(files) - own} == {".py", ".jinja"}
    assert json.loads(files["job.json"].content)["arguments"] == ["--resume"]
    assert not [name for name, file in files.items() if TOKEN.search(file.content.decode(errors="replace"))]
    assert token not in "".join(path.read_text(errors="replace") for path in run.path.rglob("*") if path.is_file())
    assert [asked for asked, _ in groupby(hub.trace)] == [  # the client asks about 256 files at a time
        "POST /api/repos/create",
        f"GET /api/models/{results}/auth-check/write",
        "POST /api/repos/create",
        f"POST /api/datasets/{inputs}/preupload/main",
        f"POST /api/datasets/{inputs}/commit/main",
        "POST /api/jobs/ada",
    ]


def test_a_second_stage_sends_only_what_changed_and_an_alive_one_is_refused(
    hub: LoopbackHub, token: str, run: Run
) -> None:
    runner = runner_of(token)
    runner.submit(run, "train")
    for stage in ("train", "evaluate"):  # evaluating needs what the training makes
        with pytest.raises(InputError, match="already has a train job"):
            runner.submit(run, stage)
    runner.cancel(run, "train")
    runner.submit(run, "evaluate")
    assert [asked["labels"]["fgt-stage"] for asked in hub.jobs.asked] == ["train", "evaluate"]


@pytest.mark.parametrize("status", [502, 0])
def test_a_job_whose_answer_was_lost_is_adopted(hub: LoopbackHub, token: str, run: Run, status: int) -> None:
    hub.fail("POST /api/jobs/ada$", status, times=1, done=True)
    state = runner_of(token).submit(run, "train")
    assert (state.state, state.message) == ("queued", "Waits for a machine on Hugging Face.")
    (job,) = hub.jobs.all
    remote = read_remote(run)
    assert remote is not None
    assert remote.jobs["train"].job_id == job
    assert posts(hub) == 1


def test_a_job_that_comes_late_is_adopted(hub: LoopbackHub, token: str, run: Run) -> None:
    """The submission gets a 502, and the job appears only after the first look."""
    hub.fail("POST /api/jobs/ada$", 502, times=1)

    def come_late() -> None:
        wait_until(lambda: any(asked == "GET /api/jobs/ada" for asked in hub.trace))
        remote = read_remote(run)
        assert remote is not None
        marked = labels(run.id, "train", remote.jobs["train"].attempt)
        HfApi(token=token).run_job(image=IMAGE, command=["true"], labels=marked, namespace="ada")

    late = threading.Thread(target=come_late)
    late.start()
    assert runner_of(token).submit(run, "train").active
    late.join()
    assert len(hub.jobs.all) == 1


def test_a_job_that_was_not_started_is_told_and_never_asked_for_by_itself(
    hub: LoopbackHub, token: str, run: Run
) -> None:
    hub.fail("POST /api/jobs/ada$", 502, times=1)
    with pytest.raises(InputError, match=r"The job was not started: Hugging Face has a fault \(502\)"):
        runner_of(token).submit(run, "train")
    state = read_state(run, "train")
    assert state is not None
    assert (state.state, posts(hub), len(hub.jobs.all)) == ("failed", 1, 0)
    assert "No job of this attempt is there. Start it again." in state.message
    assert runner_of(token).submit(run, "train").active
    assert len(hub.jobs.all) == 1


def test_a_doubt_that_cannot_be_settled_stays_a_doubt_until_the_hub_answers(
    hub: LoopbackHub, token: str, run: Run
) -> None:
    hub.fail("POST /api/jobs/ada$", 0, times=1, done=True)
    hub.fail("GET /api/jobs/ada$", 403, times=3)
    state = runner_of(token).submit(run, "train")
    assert (state.state, state.message[:32]) == ("queued", "Hugging Face did not answer; loo")
    wait_until(lambda: len(hub.jobs.all) == 1)
    (job,) = hub.jobs.all.values()
    hub.jobs.cancel(job)
    assert watched_to_end(run, "train", token).state == "cancelled"
    assert posts(hub) == 1


@pytest.mark.parametrize(
    ("status", "headers", "said", "told"),
    [
        (401, {}, "", "may have expired, or it lacks a permission (jobs or repositories). Log out, log in again and"),
        (
            402,
            {},
            "Pre-paid credit balance is insufficient - add more credits to your account to use Jobs.",
            "Add credit",
        ),
        (403, {}, "no", "the login does not permit it. Hugging Face says: no. Log in again and grant"),
        (404, {}, "", "it is not there"),
        (429, {"Retry-After": "7"}, "", "too many requests. Try again in 7 seconds"),
    ],
)
def test_a_refusal_is_told_in_plain_words_and_costs_nothing(
    hub: LoopbackHub, token: str, run: Run, status: int, headers: dict[str, str], said: str, told: str
) -> None:
    hub.fail("POST /api/jobs/ada$", status, said, headers, times=1)
    with pytest.raises(InputError, match="The job was not started, and nothing is billed: ") as raised:
        runner_of(token).submit(run, "train")
    assert told in str(raised.value)
    state = read_state(run, "train")
    assert state is not None
    assert (state.state, state.message, len(hub.jobs.all)) == ("failed", str(raised.value), 0)


@pytest.mark.parametrize("where", ["POST /api/repos/create", "POST .*/commit/", "auth-check"])
def test_nothing_is_asked_for_before_everything_lies_there(hub: LoopbackHub, token: str, run: Run, where: str) -> None:
    hub.fail(where, 500, "broken")
    with pytest.raises(InputError, match=r"has a fault \(500\)"):
        runner_of(token).submit(run, "train")
    assert posts(hub) == 0


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


def test_a_submission_killed_at_any_moment_leaves_one_job_or_none_and_says_which(
    hub: LoopbackHub, token: str, tmp_path: Path, submitters: subprocess.Popen[str]
) -> None:
    """SIGKILL around each of the seven requests: before it is carried out, or, for the last, when it just was."""
    chance, outcomes = random.Random(11), []
    assert submitters.stdin is not None
    assert submitters.stdout is not None
    for at, held in [*((at, True) for at in range(1, 8)), *[(7, False)] * 3]:
        run = ordered_run(tmp_path / "runs")
        hub.jobs.reset()
        hub.jobs.scheduling = 600.0
        go_on, before = threading.Event(), len(hub.trace)
        if held:
            hub.fail("", None, after=at - 1, times=1, until=go_on)
        submitters.stdin.write(f"{run.path}\n")
        submitters.stdin.flush()
        child = int(submitters.stdout.readline())
        wait_until(lambda at=at + before: len(hub.trace) >= at)
        if not held:
            time.sleep(chance.random() * 0.05)  # no condition tells the moments between the answer and the end apart
        with suppress(ProcessLookupError):  # it may have come to its end
            os.kill(child, signal.SIGKILL)
        assert int(submitters.stdout.readline()) in (-signal.SIGKILL, 0)
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
    assert {(0, False), (1, False)} <= set(outcomes)


def known(run: Run) -> str | None:
    """The id of the job as the run's folder has it."""
    remote = read_remote(run)
    ref = remote.jobs.get("train") if remote else None
    return ref.job_id if ref else None
