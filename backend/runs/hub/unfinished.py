"""A training that is not done, in a Hub repository: put there while it runs, fetched to go on, gone at its end."""

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
"""A repository's folder for it, laid out as a run's own: what an earlier training left stays whole beside it."""
NOT_NEEDED_TO_RESUME = ("README.md", "training_args.bin", "tokenizer", "special_tokens", "chat_template")
"""How the names begin of what the Trainer saves with a state and does not read when it goes on."""
NOT_BEST = ("optimizer", "scheduler", "rng_state", "scaler")
"""Of the state that does best on held-out rows the weights are enough."""


def snapshot(run: Run, folder: Path) -> SavedState | None:
    """What a training goes on from as it is now, as a run of its own in `folder`; None where nothing is kept yet.

    Files that are never changed are linked, so it costs no time and no room. InputError where the disk refuses.
    """
    kept = last_saved_state(run)
    if kept is None:
        return None
    with disk_errors(folder):
        for name in ("run.json", "inputs/dataset.csv", "inputs/tools.json", "metrics.jsonl"):
            _put(run.path / name, folder / name, link=name != "metrics.jsonl")
        for state in {kept.path, _best(kept)}:
            left_out = NOT_NEEDED_TO_RESUME + (() if state == kept.path else NOT_BEST)
            for path in sorted(state.iterdir()):
                if not path.name.startswith(left_out):
                    _put(path, folder / run.resume.name / state.name / path.name, link=True)
    return kept


def upload_unfinished(folder: Path, repo_id: str, token: str | None = None) -> None:
    """Put a snapshot into the repository in place of the last one, as one commit; InputError where the Hub refuses.

    The commit is refused where the repository changed meanwhile, so one that comes late undoes nothing.
    """
    api = HfApi(token=token)
    with hub_errors(repo_id, "keep the training in"):
        parent, old = _stored(api, repo_id)
        new = {f"{FOLDER}/{path.relative_to(folder).as_posix()}": path for path in _files(folder)}
        operations = [CommitOperationAdd(name, path) for name, path in sorted(new.items())]
        api.create_commit(
            repo_id,
            [*operations, *(CommitOperationDelete(name) for name in old if name not in new)],
            commit_message="What the unfinished training goes on from",
            parent_commit=parent,
        )


def removals(repo_id: str, token: str | None = None) -> list[CommitOperationDelete]:
    """What takes an unfinished training out of the repository; the caller turns the Hub's errors into words."""
    return [CommitOperationDelete(name) for name in _stored(HfApi(token=token), repo_id)[1]]


def download_unfinished(repo_id: str, dest: Path, token: str | None = None) -> Run | None:
    """Fetch the unfinished training in a repository into the new folder `dest`; None where there is none.

    InputError where it cannot be read, or is damaged.
    """
    with disk_errors(dest), Scratch(f".{dest.name}.", dest.parent) as building:
        with hub_errors(repo_id, "download the unfinished training in"):
            if not _stored(HfApi(token=token), repo_id)[1]:
                return None
            snapshot_download(repo_id, local_dir=building, allow_patterns=f"{FOLDER}/*", token=token)
        found = Path(building) / FOLDER
        run = Run.open(found)
        if last_saved_state(run) is None:
            raise InputError(f"The unfinished training in {repo_id} is not whole. Train without --resume.")
        put_in_place(found, dest)
    return replace(run, path=dest)


def _stored(api: HfApi, repo_id: str) -> tuple[str | None, list[str]]:
    """The repository's newest commit, and the files of its unfinished training."""
    info = api.model_info(repo_id)
    names = [file.rfilename for file in info.siblings or []]
    return info.sha, [name for name in names if name.startswith(f"{FOLDER}/")]


def _best(kept: SavedState) -> Path:
    """The folder of the state that does best on held-out rows so far; `kept` itself where no other is known."""
    best = read_json(kept.path / STATE_FILE).get("best_model_checkpoint")
    folder = kept.path.parent / Path(best).name if isinstance(best, str) else None
    return folder if folder is not None and folder.is_dir() else kept.path


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
