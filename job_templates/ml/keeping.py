"""What an unfinished training goes on from: saved by time, after each epoch and where the held-out loss is best."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from backend.runs import Run
from job_templates.cli import say

STATE_FILE = "trainer_state.json"


class KeepingCallback(TrainerCallback):
    """Asks for a save after `minutes`, at the end of each epoch, and where the held-out loss is the lowest so far.

    It also tells the collator which pass over the rows begins.
    """

    def __init__(self, minutes: float, collator: Any) -> None:
        self._seconds = 60 * minutes
        self._collator = collator
        self._saved = time.monotonic()

    def on_epoch_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Number the pass; a resumed one may begin in its middle."""
        self._collator.turn = int((state.epoch or 0) + 1e-6)

    def on_step_end(self, _args: TrainingArguments, _state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Save when it is time."""
        if time.monotonic() - self._saved >= self._seconds:
            control.should_save = True

    def on_epoch_end(self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Save what the epoch made; the last one is saved by its last step."""
        if state.global_step < state.max_steps:
            control.should_save = True

    def on_evaluate(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: Mapping[str, float],
        **_: Any,
    ) -> None:
        """Save what is best."""
        if state.best_metric is None or metrics["eval_loss"] < state.best_metric:
            control.should_save = True

    def on_save(self, _args: TrainingArguments, _state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Remember when."""
        self._saved = time.monotonic()


def last_kept(run: Run) -> tuple[Path, int] | None:
    """The newest whole state of an unfinished training and its step, or None.

    The Trainer writes its own state last, so a folder in which it can be read is whole; others are taken away.
    """
    while run.resume.is_dir() and (found := get_last_checkpoint(str(run.resume))):
        path = Path(found)
        if (step := kept_step(path)) is not None:
            return path, step
        shutil.rmtree(path)
    return None


def kept_step(path: Path) -> int | None:
    """The step at which a state was saved; None where it is not whole."""
    try:
        state = json.loads((path / STATE_FILE).read_text(encoding="utf-8"))
        return int(state["global_step"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begin_anew(run: Run) -> None:
    """Forget what an earlier training left."""
    if run.resume.exists():
        say("An earlier training of this run was cut off; it begins anew (--resume would go on from it)")
        shutil.rmtree(run.resume)
