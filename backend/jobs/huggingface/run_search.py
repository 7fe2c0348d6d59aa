"""Restores runs from the Hub, after the disk was lost or if the user comes from another machine."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from huggingface_hub import HfApi, JobInfo, get_hf_file_metadata, hf_hub_url
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES
from huggingface_hub.errors import HfHubHTTPError

from backend.errors import InputError
from backend.files import disk_errors, read_json
from backend.hub import MB, Limits, Room, fetch_all, hub_errors, list_files
from backend.jobs.commands import JOBS, STAGES_OF
from backend.jobs.huggingface.deletion import FILE, is_deleted, mark_deleted, mark_deleted_on_hub
from backend.jobs.huggingface.errors import job_errors, status
from backend.jobs.huggingface.remote import (
    WORD,
    JobRef,
    Remote,
    read_remote,
    repo_names,
    write_order,
    write_remote,
)
from backend.jobs.huggingface.results import fetch_results
from backend.jobs.huggingface.submission import ATTEMPT_LABEL, ORDER, RUN_LABEL, STAGE_LABEL
from backend.jobs.states import JobState, write_state
from backend.runs import FolderStore, Run, Scratch, put_in_place

INPUTS_REPO = re.compile(r"fgt-([A-Za-z0-9][A-Za-z0-9_-]{0,80})-inputs")
FETCHED = re.compile(r"run\.json|job\.json|inputs/[\w.-]+")
LOGGER = logging.getLogger(__name__)


INPUT_LIMITS = Limits(files=20, file_bytes=48 * MB, total_bytes=100 * MB)


@dataclass(frozen=True, slots=True)
class SearchBounds:
    """The limits of one search: listed datasets and jobs, restored runs, bytes of all runs, and files of one run.

    The newest runs come first. A run's CSV has at most 20 MB and is there twice: as uploaded and as a training split.
    """

    repos: int = 2_000
    jobs: int = 5_000
    runs: int = 500
    bytes: int = 1_000 * MB
    inputs: Limits = INPUT_LIMITS


BOUNDS = SearchBounds()


def find_runs(token: str, namespace: str, store: FolderStore, bounds: SearchBounds = BOUNDS) -> list[str]:
    """Makes a folder for each run of the namespace that the store lacks, with its jobs' states; returns their ids.

    Restores the newest 500 runs with together at most 1 GB. A run with too many or too large files is left out, and so
    is a run that the login cannot read. Deleted runs are not restored, unless one of their jobs is active.

    A run is recognised by its dataset repository (fgt-RUN-inputs). The name comes from the list of repositories or
    from a job's labels, because the Hub may not list repositories for an app that may only access its own. All jobs
    are "queued" until they are watched. Raises InputError if the Hub refuses both lists or does not answer.
    """
    try:
        mark_deleted_on_hub(token, store)
    except InputError as error:  # the next search tries again
        LOGGER.info("a deleted run was not marked: %s", error)
    repos, jobs = _listed(HfApi(token=token), namespace, bounds)
    found = {match[1] for repo in repos if (match := INPUTS_REPO.fullmatch(repo.partition("/")[2]))}
    named = {run_id for run_id in jobs if INPUTS_REPO.fullmatch(f"fgt-{run_id}-inputs")}
    missing = sorted((run_id for run_id in found | named if not _known(store, run_id)), reverse=True)
    made, room = [], Room(bounds.bytes)
    for run_id in missing[: bounds.runs]:
        if _restore(run_id, namespace, token, store, jobs.get(run_id, []), room, bounds.inputs):
            made.append(run_id)
    return made


def _listed(api: HfApi, namespace: str, bounds: SearchBounds) -> tuple[list[str], dict[str, list[JobInfo]]]:
    """Returns the namespace's repositories and our jobs; a list that the login may not read is left out.

    Raises InputError if one list is refused and the other is empty, or if the Hub does not answer.
    """
    repos: list[str] = []
    jobs: dict[str, list[JobInfo]] = {}
    refusals: list[HfHubHTTPError] = []
    with job_errors("search for your runs"):
        try:
            listed = api.list_datasets(author=namespace, search="fgt-", limit=bounds.repos)
            repos = [info.id for info in islice(listed, bounds.repos)]
        except HfHubHTTPError as error:
            refusals.append(_refused(error))
        try:
            jobs = _by_run(islice(api.list_jobs(namespace=namespace), bounds.jobs))
        except HfHubHTTPError as error:
            refusals.append(_refused(error))
        if refusals and not (repos or jobs):
            raise refusals[0]
    return repos, jobs


def _refused(error: HfHubHTTPError) -> HfHubHTTPError:
    """Returns the error if the login lacks a permission, else raises it."""
    if status(error) not in (401, 403):
        raise error
    return error


def download_url(run: Run, name: str, token: str) -> str:
    """Returns the short-lived address, without a token, of a large result file such as export/NAME.litertlm.

    The address works for a few minutes and for everyone, so show it only to the run's owner. Raises InputError if there
    is no such file.
    """
    remote = read_remote(run)
    if remote is None:
        raise InputError(f"Run {run.name!r} has nothing on Hugging Face.")
    with hub_errors(remote.results_repo, f"find {name} in"):
        address = get_hf_file_metadata(hf_hub_url(remote.results_repo, name), token=token).location
    if token in address:
        raise InputError(f"The address of {name} would contain a token. Download it at {remote.results_url}.")
    return address


def _known(store: FolderStore, run_id: str) -> bool:
    """Whether the run is in the store, or was deleted from it."""
    return (store.root / run_id).exists() or is_deleted(store, run_id)


def _by_run(jobs: Iterable[JobInfo]) -> dict[str, list[JobInfo]]:
    """Returns our jobs by the run in their label, oldest first."""
    found: dict[str, list[JobInfo]] = {}
    for job in jobs:
        labels = job.labels or {}
        if WORD.fullmatch(labels.get(ATTEMPT_LABEL, "")) and RUN_LABEL in labels and labels.get(STAGE_LABEL) in JOBS:
            found.setdefault(labels[RUN_LABEL], []).append(job)
    for own in found.values():
        own.sort(key=lambda job: job.created_at.timestamp() if job.created_at else 0.0)
    return found


def _restore(
    run_id: str, namespace: str, token: str, store: FolderStore, jobs: list[JobInfo], room: Room, limits: Limits
) -> bool:
    """Builds the run's folder and moves it to its place; False if the repository has no run to restore."""
    with disk_errors(store.root, "create"):
        store.root.mkdir(parents=True, exist_ok=True)
    scratch = Scratch(f".{run_id}.", store.root)
    building = Path(scratch.name)
    try:
        lives = any(job.status.stage not in TERMINAL_JOB_STAGES for job in jobs)
        if not _fetch_inputs(run_id, namespace, token, building, room, limits, even_forgotten=lives):
            mark_deleted(store, run_id)
            return False
        order = read_json(building / ORDER)
        run = replace(Run.open(building), id=run_id)
        write_order(run, namespace, str(order["flavor"]), int(order["timeout_seconds"]))
        (building / ORDER).unlink()
        _note_jobs(run, jobs, token, room)
        target = store.root / run_id
        if target.exists():
            return False
        put_in_place(building, target)
    except InputError as error:  # incomplete, too large, or deleted in the meantime
        LOGGER.info("the run %s was not found again: %s", run_id, error)
        return False
    except Exception:  # the contents of another author's repository must not end the search
        LOGGER.exception("the run %s was not found again", run_id)
        return False
    finally:
        scratch.cleanup()
    return True


def _fetch_inputs(
    run_id: str, namespace: str, token: str, folder: Path, room: Room, limits: Limits, *, even_forgotten: bool
) -> bool:
    """Downloads the inputs of the jobs; False if the run was deleted in the app.

    Raises InputError if they exceed `limits` or `room`.
    """
    repo, reading = repo_names(run_id, namespace)[0], "read the run in"
    listing = list_files(repo, _is_input, limits, token=token, kind="dataset", doing=reading)
    if FILE in listing.names and not even_forgotten:
        return False
    fetch_all(repo, listing, folder, limits, room, token=token, kind="dataset", doing=reading)
    return True


def _is_input(name: str, _size: int) -> bool:
    return bool(FETCHED.fullmatch(name)) and ".." not in name


def _note_jobs(run: Run, jobs: list[JobInfo], token: str, room: Room) -> None:
    """Records each stage's latest job as queued; without jobs, downloads the results."""
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
        _fetch_what_is_there(run, remote, token, room)


def _fetch_what_is_there(run: Run, remote: Remote, token: str, room: Room) -> None:
    """Downloads the results of a run whose jobs the Hub no longer lists."""
    for stage in (*STAGES_OF, "train"):
        try:
            fetch_results(run, stage, remote, token, room)
            return
        except InputError:
            continue
