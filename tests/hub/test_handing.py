"""Handing a run over: what is sent, that a job is started once and never lost, and how refusals read."""

from __future__ import annotations

import json
import threading
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
from tests.hub.remote_runs import IMAGE, runner_of, watched_to_end
from tests.waiting import wait_until

SHAPES = {"command": list, "arguments": list, "environment": dict, "flavor": str, "dockerImage": str}


@pytest.fixture
def token(hub: LoopbackHub) -> str:
    """Ada's; her jobs wait for a machine for ever."""
    hub.jobs.scheduling = 600.0
    return hub.world.add_user("ada")


def posts(hub: LoopbackHub) -> int:
    return hub.trace.count("POST /api/jobs/ada")


def test_what_is_sent_has_the_api_s_shape_and_nothing_of_the_user_s(
    hub: LoopbackHub, token: str, tmp_path: Path
) -> None:
    examples = ROOT / "examples"
    nasty = "Hi; rm -rf / $(id) <b>"
    config = RunConfig(max_examples=40, trackio_project=nasty)
    near_misses = tmp_path / "mine.txt"
    near_misses.write_text("hiking is fun\n")
    run = FolderStore(tmp_path).create(config, examples / "hiking.csv", examples / "tools.json", nasty, near_misses)
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
    inputs_sent = {f"inputs/{name}" for name in ("dataset.csv", "tools.json", "near_misses.txt")}
    assert own == {".gitattributes", "run.json", "job.json", *inputs_sent}
    assert {"code/job_templates/hub_job.py", "code/job_templates/train.py", "code/backend/prompts/native.jinja"} <= set(
        files
    )
    assert {Path(name).suffix for name in set(files) - own} == {".py", ".jinja", ".csv"}
    assert {name for name in files if name.endswith(".csv")} - own == {
        *(f"code/backend/off_topic/{name}.csv" for name in ("asked", "taught", "topics")),
        *(f"code/backend/vocabulary/{name}.csv" for name in ("probes", "sentences")),
    }
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
    assert (state.state, state.message) == ("queued", "The job is waiting for a machine on Hugging Face.")
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
    assert "No job of this attempt exists. Start it again." in state.message
    assert runner_of(token).submit(run, "train").active
    assert len(hub.jobs.all) == 1


def test_a_doubt_that_cannot_be_settled_stays_a_doubt_until_the_hub_answers(
    hub: LoopbackHub, token: str, run: Run
) -> None:
    hub.fail("POST /api/jobs/ada$", 0, times=1, done=True)
    hub.fail("GET /api/jobs/ada$", 403, times=3)
    state = runner_of(token).submit(run, "train")
    assert (state.state, state.message[:32]) == ("queued", "Hugging Face did not answer. The")
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
        (404, {}, "", "it does not exist"),
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
