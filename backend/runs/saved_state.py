"""What an unfinished training left to go on from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError
from backend.files import read_json, write_json
from backend.runs.run import Run

STATE_FILE = "trainer_state.json"
FOLDER = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True, slots=True)
class SavedState:
    """A whole state of a training, saved after optimiser step `step`."""

    path: Path
    step: int


def last_saved_state(run: Run) -> SavedState | None:
    """The newest whole state of an unfinished training, or None.

    transformers' Trainer writes its own state last, so a folder in which it can be read is whole.
    """
    if not run.resume.is_dir():
        return None
    numbered = [(int(found[1]), path) for path in run.resume.iterdir() if (found := FOLDER.fullmatch(path.name))]
    whole = (
        SavedState(path, step) for number, path in sorted(numbered, reverse=True) if (step := _step(path)) == number
    )
    return next(whole, None)


def relink_best(kept: SavedState) -> None:
    """Let a state that was saved in another folder find its best weights beside it, where it stands now."""
    record = read_json(kept.path / STATE_FILE)
    best = record.get("best_model_checkpoint")
    if not isinstance(best, str):
        return
    here = kept.path.parent / Path(best).name
    if here.is_dir() and str(here) != best:
        write_json(kept.path / STATE_FILE, {**record, "best_model_checkpoint": str(here)})


def _step(path: Path) -> int | None:
    """The step that a state's own record names; None where it is not whole."""
    try:
        return int(read_json(path / STATE_FILE)["global_step"])
    except (InputError, ValueError, KeyError, TypeError):
        return None
