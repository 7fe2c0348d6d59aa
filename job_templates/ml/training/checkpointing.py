"""What an unfinished training goes on from: saved by time, after each epoch and where the held-out rows fare best."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from backend.files import disk_errors
from backend.runs import Run, remove
from job_templates.cli import say


class KeepingCallback(TrainerCallback):
    """Asks for a save after `minutes`, at the end of each epoch, and where held-out rows fare best so far.

    It also tells the collator which pass over the rows begins.
    """

    def __init__(self, minutes: float, collator: Any) -> None:
        self._seconds = 60 * minutes
        self._collator = collator
        self._saved = time.monotonic()
        self._saved_step = -1

    def on_epoch_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Number the pass; a resumed one may begin in its middle."""
        self._collator.turn = int((state.epoch or 0) + 1e-6)

    def on_step_end(self, _args: TrainingArguments, _state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Save when it is time."""
        if time.monotonic() - self._saved >= self._seconds:
            control.should_save = True

    def on_epoch_end(self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Save what the epoch made, unless its last step was: a state saved twice is for a moment not whole."""
        if self._saved_step != state.global_step < state.max_steps:
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
        if state.best_metric is None or metrics["eval_match"] > state.best_metric:
            control.should_save = True

    def on_save(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Remember when, and what."""
        self._saved, self._saved_step = time.monotonic(), state.global_step


def begin_anew(run: Run) -> None:
    """Forget what an earlier training left."""
    if run.resume.exists():
        say("An earlier training of this run was cut off; it begins anew (--resume would go on from it)")
        with disk_errors(run.resume, "remove"):
            remove(run.resume)
