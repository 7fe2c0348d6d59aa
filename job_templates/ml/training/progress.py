"""Progress of a training: events for the page, lines for people, and Trackio if a project is named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from backend.runs import Event, append_event
from job_templates.cli import say
from job_templates.ml.run import ProgressReporter, minutes_and_seconds, remaining_seconds
from job_templates.ml.training.meter import Meter

SECONDS_BETWEEN_EVENTS = 0.5
SECONDS_BETWEEN_LINES = 5.0


class ProgressCallback(TrainerCallback):
    """Reports steps to `metrics` (a run's metrics.jsonl) and in lines, and every evaluation of the held-out rows."""

    def __init__(self, metrics: Path, meter: Meter) -> None:
        self._metrics = metrics
        self._meter = meter
        self._reporter = ProgressReporter(metrics, SECONDS_BETWEEN_EVENTS, SECONDS_BETWEEN_LINES)
        self._final: dict[str, float] = {}

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        """Start the meter, or continue it if the training is resumed."""
        self._meter.begin(state.log_history)
        for logs in state.log_history:
            self._note(logs)

    def on_step_end(self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Evaluate the held-out rows after the last step."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Report an optimiser step or an evaluation of the held-out rows."""
        logs = logs or {}
        self._note(logs)
        if "eval_match" in logs:
            self._held_out(state, float(logs["eval_loss"]), float(logs["eval_match"]))
        elif "loss" in logs:
            self._step(state, logs)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Write the last step, also if the training ended early."""
        self._reporter.flush()

    def summary(self) -> dict[str, float]:
        """Seconds of training, the last loss, and the loss and match of the best evaluation of the held-out rows."""
        return dict(self._final)

    def _note(self, logs: Mapping[str, Any]) -> None:
        if "eval_match" in logs:
            loss, match = float(logs["eval_loss"]), float(logs["eval_match"])
            if match > self._final.get("held_out_match", -math.inf):
                self._final |= {"held_out_loss": loss, "held_out_match": match}
        elif "loss" in logs:
            self._final |= {"seconds": float(logs["seconds"]), "final_loss": float(logs["loss"])}

    def _step(self, state: TrainerState, logs: Mapping[str, Any]) -> None:
        seconds = float(logs["seconds"])
        eta = remaining_seconds(seconds, max(state.global_step, 1), state.max_steps) or 0.0
        line = (
            f"step {state.global_step} of {state.max_steps} · epoch {state.epoch or 0:.1f} · "
            f"loss {float(logs['loss']):.4f} · {minutes_and_seconds(eta)} left"
        )
        last = state.global_step >= state.max_steps
        self._reporter.report(self._step_event(state, logs, seconds, eta), line, always=last)

    def _step_event(self, state: TrainerState, logs: Mapping[str, Any], seconds: float, eta: float) -> Event:
        return Event(
            "step",
            "train",
            step=state.global_step,
            steps=state.max_steps,
            epoch=round(state.epoch or 0.0, 3),
            loss=float(logs["loss"]),
            lr=float(logs.get("learning_rate", 0.0)),
            grad_norm=float(logs.get("grad_norm", 0.0)),
            tokens=int(logs["tokens"]),
            tokens_saved=int(logs["tokens_saved"]),
            seconds=seconds,
            eta=round(eta, 1),
        )

    def _held_out(self, state: TrainerState, loss: float, match: float) -> None:
        append_event(self._metrics, Event("eval", "train", step=state.global_step, loss=loss, match=match).to_dict())
        say(
            f"step {state.global_step} of {state.max_steps} · held-out rows: loss {loss:.4f}, "
            f"right answers {match * 100:.1f} % likely"
        )


class TrackioCallback(TrainerCallback):
    """Sends losses, rate and gradient norm to a local Trackio project."""

    def __init__(self, project: str, name: str, config: Mapping[str, Any]) -> None:
        import trackio

        self._trackio = trackio
        trackio.init(
            project=project, name=name, config=dict(config), embed=False, auto_log_cpu=False, auto_log_gpu=False
        )

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Log what the Trainer logs, under its own names."""
        numbers = {name: float(value) for name, value in (logs or {}).items() if isinstance(value, int | float)}
        if numbers:
            self._trackio.log(numbers, step=state.global_step)

    def finish(self) -> None:
        """Wait until everything is written."""
        self._trackio.finish()
