"""Finding runs again on the Hub, after this machine's disk was lost or the user came from another one."""

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
from backend.jobs.commands import JOBS
from backend.jobs.huggingface.errors import job_errors, status
from backend.jobs.huggingface.forgetting import FILE, is_forgotten, mark_forgotten, tell_forgotten
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
    """What one search lists, finds and fetches at most: datasets, jobs, runs, bytes of all runs, and of one run.

    The newest runs come first. A run's CSV has 20 MB at most, and is there twice: as given, and split for training.
    """

    repos: int = 2_000
    jobs: int = 5_000
    runs: int = 500
    bytes: int = 1_000 * MB
    inputs: Limits = INPUT_LIMITS


BOUNDS = SearchBounds()


def find_runs(token: str, namespace: str, store: FolderStore, bounds: SearchBounds = BOUNDS) -> list[str]:
    """Make a folder for each run of the namespace that the store lacks, with its jobs' states; returns their ids.

    The newest 500 runs, with 1 GB together; one with more files or larger ones than a run has is left out, and so is
    one that the login cannot read.

    A run is known by its dataset repository (fgt-RUN-inputs), listed or named by a job's labels: an app that may reach
    only what it made need not be shown that in a listing. The jobs that still live read "queued" until they are
    watched; the results of the others are fetched. Runs deleted here stay away, and so do those whose repository says
    so, unless one of their jobs lives. InputError if the Hub tells nothing.
    """
    try:
        tell_forgotten(token, store)
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
    """The namespace's repositories and our jobs; a listing that the login may not see is left out.

    InputError if one is refused and the other holds nothing, or if the Hub does not answer.
    """
    repos: list[str] = []
    jobs: dict[str, list[JobInfo]] = {}
    refusals: list[HfHubHTTPError] = []
    with job_errors("look for your runs"):
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
    """The error, if the login lacks a permission; every other one is raised."""
    if status(error) not in (401, 403):
        raise error
    return error


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
    return (store.root / run_id).exists() or is_forgotten(store, run_id)


def _by_run(jobs: Iterable[JobInfo]) -> dict[str, list[JobInfo]]:
    """Our jobs by the run that their label names, oldest first."""
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
    """Build the run's folder beside its place and move it there; False where the repository holds no run to find."""
    with disk_errors(store.root, "create"):
        store.root.mkdir(parents=True, exist_ok=True)
    scratch = Scratch(f".{run_id}.", store.root)
    building = Path(scratch.name)
    try:
        lives = any(job.status.stage not in TERMINAL_JOB_STAGES for job in jobs)
        if not _fetch_inputs(run_id, namespace, token, building, room, limits, even_forgotten=lives):
            mark_forgotten(store, run_id)
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
    except InputError as error:  # half made, too large, or gone meanwhile
        LOGGER.info("the run %s was not found again: %s", run_id, error)
        return False
    except Exception:  # not ours: whatever stands in somebody's repository must not end the search
        LOGGER.exception("the run %s was not found again", run_id)
        return False
    finally:
        scratch.cleanup()
    return True


def _fetch_inputs(
    run_id: str, namespace: str, token: str, folder: Path, room: Room, limits: Limits, *, even_forgotten: bool
) -> bool:
    """Fetch what the jobs were given; False if the run was deleted in the app.

    InputError if it is more than a run has, or than there is room for.
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
        _fetch_what_is_there(run, remote, token, room)


def _fetch_what_is_there(run: Run, remote: Remote, token: str, room: Room) -> None:
    """The results of a run whose jobs the Hub no longer lists."""
    for stage in ("pipeline", "train"):
        try:
            fetch_results(run, stage, remote, token, room)
            return
        except InputError:
            continue
