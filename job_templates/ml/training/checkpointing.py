"""When a training saves its state: by time, after each epoch, and when the held-out rows have their best score."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from backend.files import disk_errors
from backend.runs import Run, remove
from job_templates.cli import say


class SavingCallback(TrainerCallback):
    """Requests a save after `minutes`, at the end of each epoch, and when held-out rows have their best score so far.

    It also sets the collator's epoch.
    """

    def __init__(self, minutes: float, collator: Any) -> None:
        self._seconds = 60 * minutes
        self._collator = collator
        self._saved = time.monotonic()
        self._saved_step = -1

    def on_epoch_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Set the number of the epoch; a resumed training may begin in the middle of one."""
        self._collator.epoch = int((state.epoch or 0) + 1e-6)

    def on_step_end(self, _args: TrainingArguments, _state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Save if enough time has passed."""
        if time.monotonic() - self._saved >= self._seconds:
            control.should_save = True

    def on_epoch_end(self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Save unless the last step was saved, because a state that is replaced by itself is briefly incomplete."""
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
        """Save if this evaluation is the best so far."""
        if state.best_metric is None or metrics["eval_match"] > state.best_metric:
            control.should_save = True

    def on_save(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Record the time and the step of the save."""
        self._saved, self._saved_step = time.monotonic(), state.global_step


def remove_saved_state(run: Run) -> None:
    """Remove the saved state of an earlier training."""
    if run.resume.exists():
        say("An earlier training of this run was interrupted. A new one starts (--resume would continue it).")
        with disk_errors(run.resume, "remove"):
            remove(run.resume)
