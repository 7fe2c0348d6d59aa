"""The road on the loop-back Hub with the real job scripts: timed out, gone on with, measured, found again elsewhere.

Every connection may break on the way. Exporting is left to tests/jobs: it takes minutes and goes the same way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from backend.errors import InputError
from backend.jobs import JobState
from backend.jobs.huggingface import Watchers, delete, download_url, find_runs, read_remote, write_order
from backend.jobs.states import read_state
from backend.redact import TOKEN
from backend.runs import FolderStore, Run, RunConfig, read_events, read_json
from backend.runs.saved_state import last_saved_state
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import MACHINE, ordered_run, runner_of, watched_to_end
from tests.waiting import wait_until

CONFIG = RunConfig(max_examples=40, epochs=12.0, batch_size=8, checkpoint_minutes=0.01)
SECONDS = 240
pytestmark = pytest.mark.slow
"""Its steps alone: test_following, test_ends, test_finding, test_large_files, test_runs."""


@dataclass(frozen=True)
class Road:
    """A run of ada's that went the road; how each of its jobs ended."""

    hub: LoopbackHub
    token: str
    run: Run
    ends: tuple[JobState, ...]

    @property
    def results(self) -> dict[str, bytes]:
        """What lies in the run's repository."""
        files = self.hub.world.repos["model", f"ada/fgt-{self.run.id}"].commits[-1][1]
        return {name: file.content for name, file in files.items()}


@pytest.fixture(scope="module")
def road(hub_server: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    hub_server.reset()
    token, run = hub_server.world.add_user("ada"), ordered_run(tmp_path_factory.mktemp("runs"), CONFIG)
    write_order(run, "ada", MACHINE, 600)
    ends = [*_train_twice(hub_server, token, run)]
    runner_of(token).submit(run, "evaluate")
    ends.append(watched_to_end(run, "evaluate", token, SECONDS))
    yield Road(hub_server, token, run, tuple(ends))
    hub_server.reset()


def _train_twice(hub: LoopbackHub, token: str, run: Run) -> Iterator[JobState]:
    """The first job reaches its time limit once the repository holds what a training goes on from."""
    for status, lines in ((0, 2), (206, 1), (0, 9)):
        hub.fail("LOGS", status, headers={"lines": str(lines)}, times=1)
    hub.fail("GET /api/jobs/ada/[0-9a-f]+$", 502, times=1)
    hub.fail("POST .*/commit/main", 503, times=1)
    with pytest.raises(InputError, match="has a fault"):
        runner_of(token).submit(run, "train")
    runner_of(token).submit(run, "train")
    watchers = Watchers(0.2)
    watchers.watch(run, "train", token)
    repo = hub.world.repos["model", f"ada/fgt-{run.id}"]
    wait_until(lambda: any(name.startswith("unfinished/") for name in repo.commits[-1][1]), SECONDS)
    (job,) = hub.jobs.all.values()
    hub.jobs.time_out(job)
    watchers.stop()
    yield watched_to_end(run, "train", token, SECONDS)
    kept = last_saved_state(run)
    assert kept is not None
    assert runner_of(token).submit(run, "train", ["--resume"]).active
    yield watched_to_end(run, "train", token, SECONDS)


def test_a_job_that_reached_its_limit_is_gone_on_with(road: Road) -> None:
    timed_out, trained, evaluated = road.ends
    assert timed_out.state == "failed"
    assert "reached its time limit of 10 minutes and was stopped" in timed_out.message
    assert (trained.state, trained.message) == ("completed", "")
    assert (evaluated.state, evaluated.message) == ("completed", "")
    assert len(road.hub.jobs.all) == 3
    events = read_events(road.run.metrics_path)[0]
    (resumed,) = [event for event in events if event["event"] == "resume"]
    assert 0 < resumed["step"] < 84
    assert last_saved_state(road.run) is None
    assert not [name for name in road.results if name.startswith("unfinished/")]


def test_the_small_results_lie_in_the_run_and_the_weights_do_not(road: Road) -> None:
    assert read_json(road.run.training_path)["steps"] == 72
    assert read_json(road.run.evaluation_path)["tuned"]
    assert {"checkpoint/model.safetensors", "checkpoint/README.md", "training.json", "evaluation.json"} <= set(
        road.results
    )
    kept = {path.name for path in road.run.checkpoint.rglob("*") if path.is_file()}
    assert kept == {"tokenizer.json", "tokenizer_config.json", "tokenizer.model"}  # what the Android kit counts with
    assert (road.run.inputs / "split.json").read_bytes() == road.results["inputs/split.json"]
    theirs, ours = road.results["metrics.jsonl"].splitlines(), road.run.metrics_path.read_bytes().splitlines()
    assert set(theirs) <= set(ours)
    assert len(ours) == len(set(ours))
    log = runner_of(road.token).log(road.run, "train")[0]
    assert "Continues from step" in log
    assert "fgt-event" not in log
    assert "Job started" not in log


def test_no_secret_stands_anywhere(road: Road) -> None:
    written = [path.read_bytes() for path in road.run.path.rglob("*") if path.is_file()]
    stored = [
        file.content for repo in road.hub.world.repos.values() for _, files in repo.commits for file in files.values()
    ]
    told = ["\n".join(text for _, text in job.lines).encode() for job in road.hub.jobs.all.values()]
    assert not [text for text in (*written, *stored, *told) if road.token.encode() in text]
    asked = [{**spec, "secrets": None} for spec in road.hub.jobs.asked]
    assert not TOKEN.search(str(asked))


def test_a_run_is_found_again_on_an_empty_disk(road: Road, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "elsewhere")
    assert find_runs(road.token, "ada", store) == [road.run.id]
    found = store.open(road.run.id)
    assert (found.name, found.config, found.created) == (road.run.name, road.run.config, road.run.created)
    before, now = read_remote(road.run), read_remote(found)
    assert before is not None
    assert now is not None
    assert {stage: ref.job_id for stage, ref in now.jobs.items()} == {s: ref.job_id for s, ref in before.jobs.items()}
    assert (now.flavor, now.timeout_seconds, now.results_repo) == (MACHINE, 600, before.results_repo)
    for stage in ("train", "evaluate"):
        assert watched_to_end(found, stage, road.token).state == "completed"
    for name in ("training.json", "evaluation.json", "inputs/dataset.csv", "logs/train.log"):
        assert (found.path / name).read_bytes() == (road.run.path / name).read_bytes()
    assert find_runs(road.token, "ada", store) == []
    delete(store, road.run.id)
    assert find_runs(road.token, "ada", store) == []


def test_a_large_file_is_downloaded_from_an_address_without_a_token(road: Road) -> None:
    url = download_url(road.run, "checkpoint/model.safetensors", road.token)
    assert url.startswith(road.hub.cdn)
    assert road.token not in url
    assert httpx2.get(url).content == road.results["checkpoint/model.safetensors"]
    with pytest.raises(InputError, match="has no such file"):
        download_url(road.run, "export/none.litertlm", road.token)


def test_nobody_else_reaches_a_run(road: Road, tmp_path: Path) -> None:
    eve = road.hub.world.add_user("eve")
    store = FolderStore(tmp_path / "eve")
    with pytest.raises(InputError, match="does not permit it"):
        find_runs(eve, "ada", store)
    assert find_runs(eve, "eve", store) == []
    with pytest.raises(InputError, match="no such repository"):
        download_url(road.run, "checkpoint/model.safetensors", eve)
    write_order(guessed := ordered_run(tmp_path / "eve", namespace="eve"), "eve", MACHINE, 600)
    with pytest.raises(InputError, match="belongs to eve"):
        runner_of(eve).submit(guessed, "train")
    copied = ordered_run(tmp_path / "copied")  # a folder that says it is ada's
    asked = len(road.hub.jobs.all)
    with pytest.raises(InputError, match="does not permit it"):
        runner_of(eve).submit(copied, "train")
    assert len(road.hub.jobs.all) == asked
    assert read_state(copied, "train") is not None
    assert not [
        path for path in Path(os.environ["HF_HOME"]).rglob("*") if path.is_file() and b"hiking" in path.read_bytes()
    ]
