"""The Protocol of all runners of jobs, on this machine and elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.jobs.states import JobState
from backend.runs import Run


class Runner(Protocol):
    """Starts a run's jobs and reports their states; `stage` is train, evaluate, export or pipeline (all three)."""

    def submit(self, run: Run, stage: str, extra_args: Sequence[str] = ()) -> JobState:
        """Start a job, or put it in the queue. Raises InputError if it is already active or cannot be started."""
        ...

    def state(self, run: Run, stage: str) -> JobState | None:
        """The state of the job; None if it was never started."""
        ...

    def log(self, run: Run, stage: str, offset: int = 0) -> tuple[str, int]:
        """The job's output after byte `offset`, bounded, and the next offset."""
        ...

    def cancel(self, run: Run, stage: str) -> JobState:
        """Stop the job and all its processes; an ended job does not change."""
        ...
