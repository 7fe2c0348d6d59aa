"""An unfinished training in a Hub repository: uploaded while it runs, downloaded to resume, removed at its end."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, snapshot_download

from backend.errors import InputError
from backend.files import disk_errors, read_json
from backend.hub import hub_errors
from backend.runs.folders import Scratch, put_in_place
from backend.runs.run import Run
from backend.runs.saved_state import STATE_FILE, SavedState, last_saved_state

FOLDER = "unfinished"
"""The repository's folder for it, with the layout of a run; the files of an earlier training do not change."""
NOT_NEEDED_TO_RESUME = ("README.md", "training_args.bin", "tokenizer", "special_tokens", "chat_template")
"""Name prefixes of files that the Trainer saves and does not read on resume."""
NOT_BEST = ("optimizer", "scheduler", "rng_state", "scaler")
"""Name prefixes of files that are not needed of the best state, because only its weights are used."""


def snapshot(run: Run, folder: Path) -> SavedState | None:
    """Copies the last saved state of a training as a run to `folder`; returns None if no state is saved yet.

    Files that never change are linked, which needs no time and no space. Raises InputError if the disk refuses.
    """
    saved = last_saved_state(run)
    if saved is None:
        return None
    with disk_errors(folder):
        for name in ("run.json", "inputs/dataset.csv", "inputs/tools.json", "metrics.jsonl"):
            _put(run.path / name, folder / name, link=name != "metrics.jsonl")
        if run.near_misses_path.is_file():
            _put(run.near_misses_path, folder / "inputs" / run.near_misses_path.name, link=True)
        for state in {saved.path, _best(saved)}:
            left_out = NOT_NEEDED_TO_RESUME + (() if state == saved.path else NOT_BEST)
            for path in sorted(state.iterdir()):
                if not path.name.startswith(left_out):
                    _put(path, folder / run.resume.name / state.name / path.name, link=True)
    return saved


def upload_unfinished(folder: Path, repo_id: str, token: str | None = None) -> None:
    """Replaces the snapshot in the repository by a new one, as one commit. Raises InputError if the Hub refuses.

    The Hub refuses the commit if the repository changed in the meantime, so a late commit overwrites nothing.
    """
    api = HfApi(token=token)
    with hub_errors(repo_id, "save the training in"):
        parent, old = _stored(api, repo_id)
        new = {f"{FOLDER}/{path.relative_to(folder).as_posix()}": path for path in _files(folder)}
        operations = [CommitOperationAdd(name, path) for name, path in sorted(new.items())]
        api.create_commit(
            repo_id,
            [*operations, *(CommitOperationDelete(name) for name in old if name not in new)],
            commit_message="State of the unfinished training",
            parent_commit=parent,
        )


def removals(repo_id: str, token: str | None = None) -> list[CommitOperationDelete]:
    """Returns the operations that remove an unfinished training. Raises the errors of the Hub's client."""
    return [CommitOperationDelete(name) for name in _stored(HfApi(token=token), repo_id)[1]]


def download_unfinished(repo_id: str, dest: Path, token: str | None = None) -> Run | None:
    """Downloads the unfinished training in a repository to the new folder `dest`; None if there is none.

    Raises InputError if it cannot be read or is damaged.
    """
    with disk_errors(dest), Scratch(f".{dest.name}.", dest.parent) as building:
        with hub_errors(repo_id, "download the unfinished training in"):
            if not _stored(HfApi(token=token), repo_id)[1]:
                return None
            snapshot_download(repo_id, local_dir=building, allow_patterns=f"{FOLDER}/*", token=token)
        found = Path(building) / FOLDER
        run = Run.open(found)
        if last_saved_state(run) is None:
            raise InputError(f"The unfinished training in {repo_id} is incomplete. Train without --resume.")
        put_in_place(found, dest)
    return replace(run, path=dest)


def _stored(api: HfApi, repo_id: str) -> tuple[str | None, list[str]]:
    """Returns the repository's newest commit and the files of its unfinished training."""
    info = api.model_info(repo_id)
    names = [file.rfilename for file in info.siblings or []]
    return info.sha, [name for name in names if name.startswith(f"{FOLDER}/")]


def _best(saved: SavedState) -> Path:
    """Returns the folder of the state with the best held-out score so far, that of `saved` if none is recorded."""
    best = read_json(saved.path / STATE_FILE).get("best_model_checkpoint")
    folder = saved.path.parent / Path(best).name if isinstance(best, str) else None
    return folder if folder is not None and folder.is_dir() else saved.path


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _put(source: Path, target: Path, *, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if link:
        try:
            os.link(source, target)
        except OSError:  # a file system without links
            pass
        else:
            return
    shutil.copyfile(source, target)
