"""Finding runs again on the Hub, after this machine's disk was lost or the user came from another one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, JobInfo, get_hf_file_metadata, hf_hub_download, hf_hub_url

from backend.errors import InputError
from backend.jobs.commands import JOBS
from backend.jobs.huggingface.errors import job_errors
from backend.jobs.huggingface.handing import ATTEMPT_LABEL, ORDER, RUN_LABEL, STAGE_LABEL
from backend.jobs.huggingface.remote import JobRef, Remote, read_remote, repo_names, write_order, write_remote
from backend.jobs.huggingface.results import fetch_results
from backend.jobs.states import JobState, write_state
from backend.runs.files import disk_errors, read_json, write_bytes
from backend.runs.folders import Scratch, put_in_place
from backend.runs.hub_errors import hub_errors
from backend.runs.run import Run
from backend.runs.store import ID, FolderStore

INPUTS_REPO = re.compile(r"fgt-([A-Za-z0-9][A-Za-z0-9_-]{0,80})-inputs")
FETCHED = re.compile(r"run\.json|job\.json|inputs/[\w.-]+")
FORGOTTEN = ".forgotten"


def find_runs(token: str, namespace: str, store: FolderStore) -> list[str]:
    """Make a folder for each run of the namespace that the store lacks, with its jobs' states; returns their ids.

    A run is known by its dataset repository (fgt-RUN-inputs); its jobs by their labels. The jobs that still live read
    "queued" until they are watched; the results of the others are fetched. Runs deleted here stay away. InputError
    where the Hub does not tell.
    """
    api = HfApi(token=token)
    with job_errors("look for your runs"):
        repos = [info.id for info in api.list_datasets(author=namespace, search="fgt-")]
        jobs = _by_run(api.list_jobs(namespace=namespace))
    made = []
    for repo in repos:
        found = INPUTS_REPO.fullmatch(repo.partition("/")[2])
        if found is None or not ID.fullmatch(found[1]) or _known(store, found[1]):
            continue
        if _restore(found[1], namespace, token, store, jobs.get(found[1], [])):
            made.append(found[1])
    return made


def delete(store: FolderStore, run_id: str) -> None:
    """Delete a run here, and do not find it again; its repositories and jobs on the Hub stay its owner's to delete."""
    mark = store.root / FORGOTTEN / run_id
    write_bytes(mark, b"")  # first: a kill in between must not let it be found again
    try:
        store.delete(run_id)
    except InputError:
        mark.unlink(missing_ok=True)
        raise


def download_url(run: Run, name: str, token: str) -> str:
    """The short-lived address of a large file of the run's results, such as export/NAME.litertlm; no token is in it.

    InputError where there is no such file. Good for a few minutes to whoever has it: show it to the run's owner alone.
    """
    remote = read_remote(run)
    if remote is None:
        raise InputError(f"Run {run.name!r} has nothing on Hugging Face.")
    with hub_errors(remote.results_repo, f"find {name} in"):
        address = get_hf_file_metadata(hf_hub_url(remote.results_repo, name), token=token).location
    if token in address:
        raise InputError(f"The address of {name} would carry a token. Download it at {remote.results_url}.")
    return address


def _known(store: FolderStore, run_id: str) -> bool:
    """Whether the run is here, or was deleted here."""
    return (store.root / run_id).exists() or (store.root / FORGOTTEN / run_id).exists()


def _by_run(jobs: Iterator[JobInfo] | Any) -> dict[str, list[JobInfo]]:
    """Our jobs by the run that their label names, oldest first."""
    found: dict[str, list[JobInfo]] = {}
    for job in jobs:
        labels = job.labels or {}
        if RUN_LABEL in labels and labels.get(STAGE_LABEL) in JOBS and ATTEMPT_LABEL in labels:
            found.setdefault(labels[RUN_LABEL], []).append(job)
    for own in found.values():
        own.sort(key=lambda job: job.created_at.timestamp() if job.created_at else 0.0)
    return found


def _restore(run_id: str, namespace: str, token: str, store: FolderStore, jobs: list[JobInfo]) -> bool:
    """Build the run's folder beside its place and move it there; False where the repository holds no run of ours."""
    with disk_errors(store.root, "create"):
        store.root.mkdir(parents=True, exist_ok=True)
    scratch = Scratch(f".{run_id}.", store.root)
    building = Path(scratch.name)
    try:
        _fetch_inputs(run_id, namespace, token, building)
        order = read_json(building / ORDER)
        run = replace(Run.open(building), id=run_id)
        write_order(run, namespace, str(order["flavor"]), int(order["timeout_seconds"]))
        (building / ORDER).unlink()
        _note_jobs(run, jobs, token)
        target = store.root / run_id
        if target.exists():
            return False
        put_in_place(building, target)
    except (InputError, KeyError, ValueError, TypeError, OSError):  # not ours, half made, or gone meanwhile
        return False
    finally:
        scratch.cleanup()
    return True


def _fetch_inputs(run_id: str, namespace: str, token: str, folder: Path) -> None:
    repo = repo_names(run_id, namespace)[0]
    with hub_errors(repo, "read the run in", "dataset"):
        info = HfApi(token=token).dataset_info(repo)
        for name in (found.rfilename for found in info.siblings or ()):
            if FETCHED.fullmatch(name) and ".." not in name:
                hf_hub_download(repo, name, repo_type="dataset", revision=info.sha, local_dir=folder, token=token)
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def _note_jobs(run: Run, jobs: list[JobInfo], token: str) -> None:
    """Write each stage's latest job and where it stands; a job that ended has its results fetched."""
    remote = read_remote(run)
    assert remote is not None
    latest = {str((job.labels or {})[STAGE_LABEL]): job for job in jobs}
    for stage, job in latest.items():
        created = job.created_at.timestamp() if job.created_at else 0.0
        remote = remote.with_job(stage, JobRef(job.id, (job.labels or {})[ATTEMPT_LABEL], created, remote.namespace))
    write_remote(run, remote)
    for stage in latest:
        write_state(run, stage, JobState("queued", message="Found again on Hugging Face.", remote=True))
    if not latest:
        _fetch_what_is_there(run, remote, token)


def _fetch_what_is_there(run: Run, remote: Remote, token: str) -> None:
    """The results of a run whose jobs the Hub no longer lists."""
    for stage in ("pipeline", "train"):
        try:
            fetch_results(run, stage, remote, token)
            return
        except InputError:
            continue
