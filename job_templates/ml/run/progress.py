"""Progress of a stage: events for the page and lines for people, at limited rates, and the remaining time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from backend.runs import Event, append_event
from job_templates.cli import say


class ProgressReporter:
    """Appends events to `metrics` (a run's metrics.jsonl) and prints lines, each kind at most once in its interval.

    Intervals are in seconds; with 0 every report is written. Without `metrics` no event is written. `clock` returns
    seconds that never decrease.
    """

    def __init__(
        self,
        metrics: Path | None,
        event_interval: float,
        line_interval: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics = metrics
        self._intervals = event_interval, line_interval
        self._clock = clock
        self._pending: Event | None = None
        self.restart()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    def restart(self) -> None:
        """Set the time to 0; the next report is written at once."""
        self._start = self._clock()
        self._events, self._lines = (_Throttle(interval) for interval in self._intervals)

    def report(self, event: Event, line: str, *, always: bool = False) -> None:
        """Write the event and print the line, each if its interval has passed or if `always`.

        An empty line is not printed.
        """
        now = self._clock()
        self._pending = event
        if self._events.is_due(now) or always:
            self._events.last = now
            self.flush()
        if self._lines.is_due(now) or always:
            self._lines.last = now
            if line:
                say(line)

    def flush(self) -> None:
        """Write the last reported event if it was held back."""
        if self._pending is not None and self._metrics is not None:
            append_event(self._metrics, self._pending.to_dict())
        self._pending = None


class _Throttle:
    """Limits how often something happens; `last` is when it last did, None before the first time."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self.last: float | None = None

    def is_due(self, now: float) -> bool:
        return self.last is None or now - self.last >= self._interval


def remaining_seconds(seconds: float, done: int, total: int) -> float | None:
    """The estimated time for the rest, if `done` of `total` took `seconds`; None if nothing is done."""
    return seconds / done * (total - done) if done else None


def minutes_and_seconds(seconds: float) -> str:
    """Seconds as minutes and seconds, such as 2:05; a negative number as 0:00."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
