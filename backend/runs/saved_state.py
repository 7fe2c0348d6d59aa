"""The saved states from which an unfinished training resumes."""

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
    """A complete state of a training, saved after optimiser step `step`."""

    path: Path
    step: int


def last_saved_state(run: Run) -> SavedState | None:
    """Returns the newest complete state of an unfinished training, or None.

    The Trainer of transformers writes trainer_state.json last, so a folder with a readable one is complete.
    """
    if not run.resume.is_dir():
        return None
    numbered = [(int(found[1]), path) for path in run.resume.iterdir() if (found := FOLDER.fullmatch(path.name))]
    complete = (
        SavedState(path, step) for number, path in sorted(numbered, reverse=True) if (step := _step(path)) == number
    )
    return next(complete, None)


def relink_best(saved: SavedState) -> None:
    """Updates the path of the best weights in a state that was moved from another folder."""
    record = read_json(saved.path / STATE_FILE)
    best = record.get("best_model_checkpoint")
    if not isinstance(best, str):
        return
    here = saved.path.parent / Path(best).name
    if here.is_dir() and str(here) != best:
        write_json(saved.path / STATE_FILE, {**record, "best_model_checkpoint": str(here)})


def _step(path: Path) -> int | None:
    """Returns the step in a state's record, None if the state is incomplete."""
    try:
        return int(read_json(path / STATE_FILE)["global_step"])
    except (InputError, ValueError, KeyError, TypeError):
        return None
