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
FILES = ("run.json", "training.json", "metrics.jsonl", "evaluation.json")
FOLDERS = ("inputs", "checkpoint", "export", "jobs")
PATTERNS = [*FILES, *(f"{folder}/*" for folder in FOLDERS)]


def check_repo_id(repo_id: str) -> str:
    """The id itself; InputError where it is not USER/NAME."""
    if len(repo_id) > 96 or not REPO_ID.fullmatch(repo_id) or "--" in repo_id or ".." in repo_id:
        raise InputError(
            f"{repo_id[:120]!r} is not the name of a Hub repository. Write it as USER/NAME, with letters, digits, "
            "'-', '_' and '.'; for a folder, begin with './', '/' or '~'."
        )
    return repo_id


def prepare_repo(repo_id: str, token: str | None = None) -> str:
    """Make a private model repository where there is none, make sure that it may be written, and return its address.

    For the moment before any work: InputError now costs nothing, and after an hour of training it would.
    """
    check_repo_id(repo_id)
    api = HfApi(token=token)
    with hub_errors(repo_id, "write to"):
        url = api.create_repo(repo_id, private=True, exist_ok=True)
        api.auth_check(repo_id, write=True)
    return str(url)


def upload_run(run: Run, repo_id: str, token: str | None = None) -> str:
    """Put a run's files into a model repository as one commit, and return its address.

    The repository is made private where it does not exist yet. Logs and job states stay here; the checkpoint's model
    card also stands at the top, where the Hub shows it, and what an unfinished training left there goes away with it.
    InputError says what to do where the Hub refuses.
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
    """Fetch the run in a model repository into a folder that does not exist yet, or is empty.

    All of it appears at once, or nothing does; nothing goes through the cache that users share. InputError where there
    is no such repository, the token may not read it, or it holds no run.
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
    """As `download_run`; None where the repository holds no run, or one that is not trained."""
    check_repo_id(repo_id)
    with hub_errors(repo_id, "look at"):
        names = {file.rfilename for file in HfApi(token=token).model_info(repo_id).siblings or []}
    return download_run(repo_id, dest, token) if {"run.json", "checkpoint/config.json"} <= names else None


def _fetch(repo_id: str, folder: Path, token: str | None) -> None:
    with disk_errors(folder), hub_errors(repo_id, "download the run in"):
        try:
            hf_hub_download(repo_id, "run.json", local_dir=folder, token=token)
        except RemoteEntryNotFoundError as error:
            raise InputError(
                f"{repo_id} holds no run: it has no run.json. Name a repository that train.py or the app filled."
            ) from error
        snapshot_download(repo_id, local_dir=folder, allow_patterns=PATTERNS, token=token)


def _run_files(run: Run) -> list[tuple[str, Path]]:
    """The files of a run that travel, by their name in the repository; links are left out."""
    paths = [run.path / name for name in FILES]
    for folder in FOLDERS:
        paths += sorted((run.path / folder).rglob("*"))
    return [
        (path.relative_to(run.path).as_posix(), path)
        for path in paths
        if path.is_file() and not path.is_symlink() and not _hidden(path.relative_to(run.path))
    ]


def _hidden(path: Path) -> bool:
    """Whether a name on the path begins with a dot, as those of half-made files and folders do."""
    return any(part.startswith(".") for part in path.parts)
