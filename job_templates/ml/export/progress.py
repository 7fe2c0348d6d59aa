"""Progress of an export: lines for people, events for the page."""

from __future__ import annotations

from pathlib import Path

from backend.runs import Event, append_event
from job_templates.cli import say
from job_templates.ml.run import ProgressReporter, remaining_seconds

STAGE = "export"
INTERVAL = 2.0
"""Seconds between two reports of the same phase."""
TITLES = {
    "load": "Reading the checkpoint",
    "round": "Rounding the weights by training rows",
    "convert": "Converting to LiteRT",
    "quantize": "Quantizing",
    "package": "Packing the file",
    "verify": "Running the file",
}


class Progress:
    """Reports the phases of an export; events need `metrics`, a run's metrics.jsonl."""

    def __init__(self, metrics: Path | None) -> None:
        self._metrics = metrics
        self._phase = ""
        self._reporter = ProgressReporter(metrics, INTERVAL, INTERVAL)

    def step(self, phase: str, done: int, total: int) -> None:
        """Report that `done` of `total` steps of a phase are done; the first and the last are always reported."""
        if phase != self._phase:
            self._phase = phase
            self._reporter.restart()
            say(f"{TITLES[phase]} …")
        seconds = self._reporter.seconds
        eta = remaining_seconds(seconds, done, total)
        if done == total:
            line = f"  done in {seconds:.1f} s"
        else:
            line = f"  {done} of {total}" if done else ""
        event = Event("progress", STAGE, phase=phase, done=done, total=total, seconds=seconds, eta=eta)
        self._reporter.report(event, line, always=done in (0, total))

    def stage(self, state: str, message: str) -> None:
        """Write the event that the stage has started, is done, or has failed."""
        if self._metrics is not None:
            append_event(self._metrics, Event("stage", STAGE, state=state, message=message).to_dict())
