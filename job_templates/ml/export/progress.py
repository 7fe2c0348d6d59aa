"""What an export tells while it works: lines for people, events for the page."""

from __future__ import annotations

import time
from pathlib import Path

from backend.runs import Event, append_event
from job_templates.cli import say

STAGE = "export"
EVERY_SECONDS = 2.0
TITLES = {
    "load": "Reading the checkpoint",
    "convert": "Converting to LiteRT",
    "quantize": "Quantizing",
    "package": "Packing the file",
    "verify": "Running the file",
}


class Progress:
    """Prints a line and appends an event for each step; events need `metrics`, a run's metrics.jsonl."""

    def __init__(self, metrics: Path | None) -> None:
        self._metrics = metrics
        self._phase = ""
        self._started = 0.0
        self._told = 0.0

    def step(self, phase: str, done: int, total: int) -> None:
        """Tell that `done` of `total` steps of a phase are behind; in between at most every two seconds."""
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._started, self._told = phase, now, 0.0
            say(f"{TITLES[phase]} …")
        if 0 < done < total and now - self._told < EVERY_SECONDS:
            return
        self._told = now
        seconds = now - self._started
        eta = seconds / done * (total - done) if done else None
        if done == total:
            say(f"  done in {seconds:.1f} s")
        elif done:
            say(f"  {done} of {total}")
        self._append(Event("progress", STAGE, phase=phase, done=done, total=total, seconds=seconds, eta=eta))

    def stage(self, state: str, message: str) -> None:
        """Tell the page that the stage has started, is done, or has failed."""
        self._append(Event("stage", STAGE, state=state, message=message))

    def _append(self, event: Event) -> None:
        if self._metrics is not None:
            append_event(self._metrics, event.to_dict())
