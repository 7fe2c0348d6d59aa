"""What runs jobs: one Protocol, whether the job runs on this machine or elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.jobs.states import JobState
from backend.runs import Run


class Runner(Protocol):
    """Starts a run's jobs and says where they stand; `stage` is train, evaluate, export or pipeline (all three)."""

    def submit(self, run: Run, stage: str, extra_args: Sequence[str] = ()) -> JobState:
        """Start a job, or put it in the queue; InputError where it is already alive or cannot be started."""
        ...

    def state(self, run: Run, stage: str) -> JobState | None:
        """Where the job stands; None where it was never started."""
        ...

    def log(self, run: Run, stage: str, offset: int = 0) -> tuple[str, int]:
        """What the job printed after byte `offset`, and the offset to go on from; bounded."""
        ...

    def cancel(self, run: Run, stage: str) -> JobState:
        """Stop the job and all its processes; a job that already ended stays as it is."""
        ...
