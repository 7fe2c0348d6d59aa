"""Marks deleted runs on this disk and in the run's repository, so that no search restores them."""

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

The file holds the name of the run's repository until that is marked too. From then on it is empty.
"""
FILE = "forgotten.json"
"""The mark of a deleted run in its dataset repository; it is needed if the disk with the other marks is lost."""
MAX_MARKED, MOST_NAME_BYTES = 20, 200
LOGGER = logging.getLogger(__name__)


def delete(store: FolderStore, run_id: str, namespace: str | None = None) -> None:
    """Deletes a run on this disk and marks it as deleted. Its repositories and jobs on the Hub are not deleted.

    Nothing is sent; `mark_deleted_on_hub` marks the repository. `namespace` is the repository's owner, used if the
    run's own record cannot be read. Raises InputError if the run cannot be deleted.
    """
    repo = _repository(store, run_id, namespace)
    mark_deleted(store, run_id, repo)  # first, so that a kill in between does not restore the run
    try:
        store.delete(run_id)
    except InputError:
        (store.root / MARKS / run_id).unlink(missing_ok=True)
        raise


def mark_deleted(store: FolderStore, run_id: str, repo: str = "") -> None:
    """Marks a run as deleted on this disk; `repo` is the repository that is not marked yet."""
    write_bytes(store.root / MARKS / run_id, repo.encode())


def is_deleted(store: FolderStore, run_id: str) -> bool:
    """Whether the run is marked as deleted on this disk."""
    return (store.root / MARKS / run_id).exists()


def mark_deleted_on_hub(token: str, store: FolderStore) -> None:
    """Marks the dataset repositories of deleted runs on the Hub, at most 20 per call.

    A deleted repository needs no mark. Raises InputError with the Hub's last error; the next call tries again.
    """
    refusal: InputError | None = None
    for run_id, repo in islice(_unmarked(store), MAX_MARKED):
        try:
            with job_errors("mark a deleted run"):
                _commit_mark(repo, token)
            mark_deleted(store, run_id)
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
    """Returns the name of the run's dataset repository, empty if it is unknown."""
    try:
        remote = read_remote(store.open(run_id))
    except Exception:  # noqa: BLE001 - a damaged run can be deleted too
        LOGGER.info("the record of %s could not be read", run_id)
        remote = None
    if remote is not None:
        return remote.inputs_repo
    return repo_names(run_id, namespace)[0] if namespace else ""


def _unmarked(store: FolderStore) -> Iterator[tuple[str, str]]:
    """The ids of deleted runs whose repositories are not marked yet, with the repositories."""
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
