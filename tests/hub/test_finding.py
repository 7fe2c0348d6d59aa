"""Runs are found without the listing of private repositories, and those that were deleted stay away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from backend.errors import InputError
from backend.jobs import JobState, write_state
from backend.jobs.huggingface import delete, find_runs, mark_deleted_on_hub, read_remote, write_order
from backend.jobs.huggingface.remote import repo_names
from backend.runs import FolderStore, RunConfig
from tests.conftest import ROOT
from tests.hub.accounts import APP
from tests.hub.found_runs import job_of, made, mark_in
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import SCOPES
from tests.hub.remote_runs import MACHINE, runner_of

EXAMPLES = ROOT / "examples"


def test_a_run_is_found_by_the_labels_of_its_jobs(hub: LoopbackHub, login: str, tmp_path: Path) -> None:
    """The Space's login is not shown what the app made, and reaches nothing else."""
    for run_id, by in (("20261127-1", APP), ("20261127-2", APP), ("20261127-3", None)):
        made(hub, tmp_path, run_id, by)
    for run_id in ("20261127-1", "20261127-3", "20261127-gone", "..", "a" * 90):
        job_of(login, run_id.replace("..", "_"))
    job_of(login, "20261127-2", "other-stage")
    store = FolderStore(tmp_path / "store")
    assert find_runs(login, "ada", store) == ["20261127-1"]
    found = store.open("20261127-1")
    remote = read_remote(found)
    assert found.name == "Run 20261127-1"
    assert remote is not None
    assert remote.jobs["train"].job_id in hub.jobs.all
    hub.world.accounts.lists_app_repos = True
    assert find_runs(login, "ada", store) == ["20261127-2"]
    assert find_runs(login, "ada", store) == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_listing_that_is_refused_leaves_the_other(hub: LoopbackHub, login: str, tmp_path: Path, status: int) -> None:
    hub.world.accounts.lists_app_repos = True
    made(hub, tmp_path, "20261127-1")
    made(hub, tmp_path, "20261127-2")
    job_of(login, "20261127-1")
    hub.fail("GET /api/datasets$", status, times=1)
    assert find_runs(login, "ada", FolderStore(tmp_path / "jobs alone")) == ["20261127-1"]
    hub.fail("GET /api/jobs/ada$", status, times=1)
    assert find_runs(login, "ada", FolderStore(tmp_path / "repos alone")) == ["20261127-2", "20261127-1"]
    hub.fail("GET /api/(jobs/ada|datasets)$", status)
    with pytest.raises(InputError, match="Could not search for your runs: the login"):
        find_runs(login, "ada", FolderStore(tmp_path / "neither"))
    hub.faults.clear()
    hub.fail("GET /api/jobs/eve$", status)
    with pytest.raises(InputError, match="Could not search for your runs: the login"):  # not "you have no runs"
        find_runs(hub.world.accounts.add_oauth("eve", tuple(SCOPES.split())), "eve", FolderStore(tmp_path / "eve"))
    hub.faults.clear()
    hub.fail("GET /api/datasets$", 418, times=1)
    with pytest.raises(InputError, match="Hugging Face answered 418"):
        find_runs(login, "ada", FolderStore(tmp_path / "broken"))


def test_a_deleted_run_stays_away_from_every_disk(hub: LoopbackHub, login: str, tmp_path: Path) -> None:
    """Nothing is sent while it is deleted; a search on another disk takes note, and asks no second time."""
    repo = made(hub, tmp_path, "20261127-1")
    hub.jobs.cancel(hub.jobs.all[job_of(login, "20261127-1")])
    here = FolderStore(tmp_path / "here")
    assert find_runs(login, "ada", here) == ["20261127-1"]
    asked = len(hub.trace)
    delete(here, "20261127-1", "ada")
    assert len(hub.trace) == asked
    assert here.list() == []
    assert not mark_in(hub, repo)
    mark_deleted_on_hub(login, here)
    assert mark_in(hub, repo)
    asked = len(hub.trace)
    mark_deleted_on_hub(login, here)
    assert len(hub.trace) == asked
    there = FolderStore(tmp_path / "there")
    assert find_runs(login, "ada", there) == []
    assert there.list() == []
    hub.trace.clear()
    assert find_runs(login, "ada", there) == []
    assert hub.trace == ["GET /api/datasets", "GET /api/jobs/ada"]


def test_a_run_whose_job_lives_is_found_though_it_was_deleted_elsewhere(
    hub: LoopbackHub, login: str, tmp_path: Path
) -> None:
    made(hub, tmp_path, "20261127-1")
    here = FolderStore(tmp_path / "here")
    hub.world.accounts.lists_app_repos = True
    assert find_runs(login, "ada", here) == ["20261127-1"]
    delete(here, "20261127-1", "ada")
    mark_deleted_on_hub(login, here)
    job_of(login, "20261127-1")
    assert find_runs(login, "ada", FolderStore(tmp_path / "there")) == ["20261127-1"]


@pytest.mark.parametrize(("status", "told"), [(500, "has a fault"), (401, "was not accepted"), (403, "not permit")])
def test_a_hub_that_cannot_be_told_is_told_by_the_next_search(
    hub: LoopbackHub, login: str, tmp_path: Path, status: int, told: str
) -> None:
    repo = made(hub, tmp_path, "20261127-1")
    hub.world.accounts.lists_app_repos = True
    store = FolderStore(tmp_path / "store")
    assert find_runs(login, "ada", store) == ["20261127-1"]
    delete(store, "20261127-1", "ada")
    hub.fail("POST .*/commit/", status, times=1)
    with pytest.raises(InputError, match=f"Could not mark a deleted run: .*{told}"):
        mark_deleted_on_hub(login, store)
    assert not mark_in(hub, repo)
    assert find_runs(login, "ada", store) == []
    assert mark_in(hub, repo)


def test_a_repository_that_is_gone_or_unreadable_needs_no_mark(hub: LoopbackHub, login: str, tmp_path: Path) -> None:
    repo = made(hub, tmp_path, "20261127-1")
    hub.world.accounts.lists_app_repos = True
    store = FolderStore(tmp_path / "store")
    assert find_runs(login, "ada", store) == ["20261127-1"]
    del hub.world.repos["dataset", repo]
    delete(store, "20261127-1", "ada")
    mark_deleted_on_hub(login, store)
    hub.trace.clear()
    mark_deleted_on_hub(login, store)
    assert hub.trace == []


def test_a_run_whose_record_cannot_be_read_is_marked_too(hub: LoopbackHub, login: str, tmp_path: Path) -> None:
    repo = made(hub, tmp_path, "20261127-1")
    hub.world.accounts.lists_app_repos = True
    store = FolderStore(tmp_path / "store")
    find_runs(login, "ada", store)
    (store.root / "20261127-1" / "remote.json").write_text("{")
    delete(store, "20261127-1", "ada")
    mark_deleted_on_hub(login, store)
    assert mark_in(hub, repo)


def test_a_run_that_was_handed_over_is_found_by_its_job_alone(login: str, tmp_path: Path) -> None:
    """All the way with what the Space's login may do: made, submitted, lost, found."""
    store = FolderStore(tmp_path / "store")
    run = store.create(RunConfig(max_examples=40), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", "Hiking")
    write_order(run, "ada", MACHINE, 600)
    runner_of(login).submit(run, "train")
    shutil.rmtree(store.root)
    assert list(HfApi(token=login).list_datasets(author="ada")) == []
    assert find_runs(login, "ada", store) == [run.id]
    assert store.open(run.id).name == "Hiking"


def test_a_run_that_is_handed_over_again_elsewhere_is_no_longer_forgotten(
    hub: LoopbackHub, login: str, tmp_path: Path
) -> None:
    """Deleted on one disk, it stands on another, and goes on from there."""
    repo = made(hub, tmp_path, "20261127-1")
    hub.world.add_repo(repo_names("20261127-1", "ada")[1], {}, private=True, made_by=APP)
    hub.world.accounts.lists_app_repos = True
    job = hub.jobs.all[job_of(login, "20261127-1")]
    here, there = FolderStore(tmp_path / "here"), FolderStore(tmp_path / "there")
    assert find_runs(login, "ada", here) == find_runs(login, "ada", there) == ["20261127-1"]
    hub.jobs.cancel(job)
    delete(here, "20261127-1", "ada")
    mark_deleted_on_hub(login, here)
    assert mark_in(hub, repo)
    run = there.open("20261127-1")
    write_state(run, "train", JobState("cancelled", remote=True))
    runner_of(login).submit(run, "train")
    assert not mark_in(hub, repo)
