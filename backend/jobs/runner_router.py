"""The runner of each run: the machine of its order, or this machine."""

from __future__ import annotations

from collections.abc import Sequence

from backend.errors import InputError
from backend.jobs.commands import job_arguments
from backend.jobs.huggingface import read_remote
from backend.jobs.logs import read_log
from backend.jobs.runner import Runner
from backend.jobs.states import JobState, read_state
from backend.runs import STAGES, Run

NO_ACCOUNT = "This run's jobs are on Hugging Face. Log in with the account that started them."
NOT_HERE = "No jobs run on this server. Log in with Hugging Face to run jobs there on your account."


class RunnerRouter:
    """Sends a run's jobs to the runner that its order names.

    `here` is None if this machine runs no jobs, `jobs` is None without a login. The state and the log of a job are in
    the run's folder, so they are read there with and without a login.
    """

    def __init__(self, here: Runner | None, jobs: Runner | None) -> None:
        self._here = here
        self._jobs = jobs

    def submit(self, run: Run, stage: str, extra_args: Sequence[str] = ()) -> JobState:
        """Start a job with the run's own runner. Raises InputError if that is not possible."""
        return self._of(run).submit(run, stage, extra_args)

    def state(self, run: Run, stage: str) -> JobState | None:
        """The job's state; None if it was never started, "lost" with the reason if remote.json is damaged."""
        job_arguments(run, stage)
        state = read_state(run, stage)
        if stage not in (STAGES[0], *([stage] if state and state.active else [])):
            return state
        try:
            read_remote(run)
        except InputError as error:  # this job cannot be followed; an ended job does not change
            return state if state and not state.active else JobState("lost", message=str(error))
        return state

    def log(self, run: Run, stage: str, offset: int = 0) -> tuple[str, int]:
        """The job's output after byte `offset`, at most the newest 256 KiB, and the next offset."""
        job_arguments(run, stage)
        return read_log(run.log_path(stage), offset)

    def cancel(self, run: Run, stage: str) -> JobState:
        """Stop the job; an ended job does not change."""
        return self._of(run).cancel(run, stage)

    def _of(self, run: Run) -> Runner:
        runner, missing = (self._jobs, NO_ACCOUNT) if read_remote(run) else (self._here, NOT_HERE)
        if runner is None:
            raise InputError(missing)
        return runner
