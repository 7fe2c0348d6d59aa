"""Runs that were deleted here: marked on this disk and in the run's repository, so that no search finds them again."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from itertools import islice

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from backend.errors import InputError
from backend.files import disk_errors, open_regular, write_bytes
from backend.jobs.huggingface.errors import job_errors, status
from backend.jobs.huggingface.remote import read_remote, repo_names
from backend.runs import ID, FolderStore
from backend.runs.hub import REPO_ID

MARKS = ".forgotten"
"""The folder of a store that has one file for each deleted run.

The file holds the name of the run's repository until that says so too, and is empty from then on.
"""
FILE = "forgotten.json"
"""What says in a run's dataset repository that the run was deleted in the app: a lost disk forgets its marks."""
MOST_TOLD, MOST_NAME_BYTES = 20, 200
LOGGER = logging.getLogger(__name__)


def delete(store: FolderStore, run_id: str, namespace: str | None = None) -> None:
    """Delete a run here, and do not find it again; its repositories and jobs on the Hub stay its owner's to delete.

    Nothing is sent: `tell_forgotten` marks it on the Hub. `namespace` is whose repository that is, if the run's own
    record cannot be read.
    """
    repo = _repository(store, run_id, namespace)
    mark_forgotten(store, run_id, repo)  # first: a kill in between must not let it be found again
    try:
        store.delete(run_id)
    except InputError:
        (store.root / MARKS / run_id).unlink(missing_ok=True)
        raise


def mark_forgotten(store: FolderStore, run_id: str, repo: str = "") -> None:
    """Mark a run as deleted on this disk; `repo` is the repository that has to be told yet."""
    write_bytes(store.root / MARKS / run_id, repo.encode())


def is_forgotten(store: FolderStore, run_id: str) -> bool:
    """Whether this disk says that the run was deleted."""
    return (store.root / MARKS / run_id).exists()


def tell_forgotten(token: str, store: FolderStore) -> None:
    """Mark on the Hub, in their dataset repositories, the runs that were deleted here; at most 20 at a time.

    A repository that is gone needs no mark. InputError names what the Hub said last; the next call tries again.
    """
    refusal: InputError | None = None
    for run_id, repo in islice(_untold(store), MOST_TOLD):
        try:
            with job_errors("mark a deleted run"):
                _commit_mark(repo, token)
            mark_forgotten(store, run_id)
        except InputError as error:
            refusal = error
    if refusal:
        raise refusal


def _commit_mark(repo: str, token: str) -> None:
    content = json.dumps({"schema": 1, "forgotten": time.time()}).encode()
    try:
        HfApi(token=token).create_commit(
            repo, [CommitOperationAdd(FILE, content)], commit_message="Deleted in the app", repo_type="dataset"
        )
    except RepositoryNotFoundError as error:
        if status(error) != 404:
            raise


def _repository(store: FolderStore, run_id: str, namespace: str | None) -> str:
    """The run's dataset repository, empty if it cannot be told."""
    try:
        remote = read_remote(store.open(run_id))
    except Exception:  # noqa: BLE001 - whatever stands in a damaged run must not keep it from being deleted
        LOGGER.info("the record of %s could not be read", run_id)
        remote = None
    if remote is not None:
        return remote.inputs_repo
    return repo_names(run_id, namespace)[0] if namespace else ""


def _untold(store: FolderStore) -> Iterator[tuple[str, str]]:
    """The deleted runs whose repositories were not told yet, with the repositories."""
    try:
        marks = sorted(path for path in (store.root / MARKS).iterdir() if ID.fullmatch(path.name))
    except OSError:
        return
    for path in marks:
        try:
            with disk_errors(path, "read"), open_regular(path) as file:
                repo = file.read(MOST_NAME_BYTES).decode("ascii", errors="replace")
        except InputError:
            continue
        if REPO_ID.fullmatch(repo):
            yield path.name, repo
