"""Runs in repositories of the Hugging Face Hub: the same files as in a folder."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import RemoteEntryNotFoundError

from backend.errors import InputError
from backend.files import disk_errors
from backend.hub import hub_errors
from backend.runs.folders import built_beside
from backend.runs.hub.unfinished import removals
from backend.runs.run import Run

REPO_ID = re.compile(r"[A-Za-z0-9](?:[\w.-]*\w)?/[A-Za-z0-9](?:[\w.-]*\w)?", re.ASCII)
FILES = ("run.json", "training.json", "metrics.jsonl", "evaluation.json", "sweep.json")
FOLDERS = ("inputs", "checkpoint", "export", "jobs")
PATTERNS = [*FILES, *(f"{folder}/*" for folder in FOLDERS)]


def check_repo_id(repo_id: str) -> str:
    """Returns the id. Raises InputError if it is not USER/NAME."""
    if len(repo_id) > 96 or not REPO_ID.fullmatch(repo_id) or "--" in repo_id or ".." in repo_id:
        raise InputError(
            f"{repo_id[:120]!r} is not the name of a Hub repository. Write it as USER/NAME, with letters, digits, "
            "'-', '_' and '.'. For a folder, begin with './', '/' or '~'."
        )
    return repo_id


def prepare_repo(repo_id: str, token: str | None = None) -> str:
    """Makes a private model repository if it is missing, checks that it can be written, and returns its address.

    It is called before the work, because an error after an hour of training would cost that hour. Raises InputError if
    the Hub refuses.
    """
    check_repo_id(repo_id)
    api = HfApi(token=token)
    with hub_errors(repo_id, "write to"):
        url = api.create_repo(repo_id, private=True, exist_ok=True)
        api.auth_check(repo_id, write=True)
    return str(url)


def upload_run(run: Run, repo_id: str, token: str | None = None) -> str:
    """Uploads a run's files to a model repository as one commit, and returns its address.

    A missing repository is made private. Logs and job states are not uploaded. The checkpoint's model card is also
    written to the top folder, which the Hub shows. The same commit removes the files of an unfinished training. Raises
    InputError with the next step if the Hub refuses.
    """
    operations: list[CommitOperationAdd | CommitOperationDelete] = []
    operations += [CommitOperationAdd(name, path) for name, path in _run_files(run)]
    card = run.checkpoint / "README.md"
    if card.is_file():
        operations.append(CommitOperationAdd("README.md", card))
    url = prepare_repo(repo_id, token)
    with hub_errors(repo_id, "upload the run to"):
        if run.checkpoint.exists():
            operations += removals(repo_id, token)
        HfApi(token=token).create_commit(repo_id, operations, commit_message=f"Run {run.id}: {run.name}")
    return url


def download_run(repo_id: str, dest: Path, token: str | None = None) -> Run:
    """Downloads the run in a model repository to a folder that is empty or does not exist yet.

    The folder appears complete or not at all. No cache is used that users share. Raises InputError if there is no such
    repository, the token may not read it, or it has no run.
    """
    check_repo_id(repo_id)
    dest = dest.expanduser().absolute()
    if dest.is_symlink() or dest.is_file() or (dest.is_dir() and any(dest.iterdir())):
        raise InputError(f"{dest} already exists. Name a folder that does not exist yet, or is empty.")
    with built_beside(dest) as building:
        _fetch(repo_id, building, token)
        shutil.rmtree(building / ".cache", ignore_errors=True)
        run = Run.open(building)
    return replace(run, path=dest)


def download_trained(repo_id: str, dest: Path, token: str | None = None) -> Run | None:
    """Does the same as `download_run`; returns None if the repository has no run, or one that is not trained."""
    check_repo_id(repo_id)
    with hub_errors(repo_id, "read"):
        names = {file.rfilename for file in HfApi(token=token).model_info(repo_id).siblings or []}
    return download_run(repo_id, dest, token) if {"run.json", "checkpoint/config.json"} <= names else None


def _fetch(repo_id: str, folder: Path, token: str | None) -> None:
    with disk_errors(folder), hub_errors(repo_id, "download the run in"):
        try:
            hf_hub_download(repo_id, "run.json", local_dir=folder, token=token)
        except RemoteEntryNotFoundError as error:
            raise InputError(
                f"{repo_id} is not a run: it has no run.json. Name a repository that train.py or the app filled."
            ) from error
        snapshot_download(repo_id, local_dir=folder, allow_patterns=PATTERNS, token=token)


def _run_files(run: Run) -> list[tuple[str, Path]]:
    """Returns the files of a run to upload, with their names in the repository; links are left out."""
    paths = [run.path / name for name in FILES]
    for folder in FOLDERS:
        paths += sorted((run.path / folder).rglob("*"))
    return [
        (path.relative_to(run.path).as_posix(), path)
        for path in paths
        if path.is_file() and not path.is_symlink() and not _hidden(path.relative_to(run.path))
    ]


def _hidden(path: Path) -> bool:
    """Whether a name in the path begins with a dot, which marks incomplete files and folders."""
    return any(part.startswith(".") for part in path.parts)
