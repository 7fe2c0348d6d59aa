"""The runner of each run: where it was ordered to, or this machine."""

from __future__ import annotations

from collections.abc import Sequence

from backend.errors import InputError
from backend.jobs.huggingface.remote import read_remote
from backend.jobs.runner import Runner
from backend.jobs.states import JobState
from backend.runs.run import Run

NO_ACCOUNT = "This run's jobs are on Hugging Face. Log in with the account that started it."
NOT_HERE = "No jobs run on this server. Log in with Hugging Face, and they run there on your account."


class EitherRunner:
    """Sends a run's jobs where its order says; `here` is None where this machine runs none, `jobs` without a login."""

    def __init__(self, here: Runner | None, jobs: Runner | None) -> None:
        self._here = here
        self._jobs = jobs

    def submit(self, run: Run, stage: str, extra_args: Sequence[str] = ()) -> JobState:
        """Start a job where the run belongs; InputError where that is not possible."""
        return self._of(run).submit(run, stage, extra_args)

    def state(self, run: Run, stage: str) -> JobState | None:
        """Where the job stands; None where it was never started."""
        return self._of(run).state(run, stage)

    def log(self, run: Run, stage: str, offset: int = 0) -> tuple[str, int]:
        """What the job printed after byte `offset`, and the offset to go on from."""
        return self._of(run).log(run, stage, offset)

    def cancel(self, run: Run, stage: str) -> JobState:
        """Stop the job; one that already ended stays as it is."""
        return self._of(run).cancel(run, stage)

    def _of(self, run: Run) -> Runner:
        runner, missing = (self._jobs, NO_ACCOUNT) if read_remote(run) else (self._here, NOT_HERE)
        if runner is None:
            raise InputError(missing)
        return runner
