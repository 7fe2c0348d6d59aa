"""Runs jobs on Hugging Face; all that the page shows about them is read from the run's folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from huggingface_hub import HfApi, JobStage
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES

from backend import locks
from backend.errors import InputError
from backend.jobs.commands import STAGES_OF, job_arguments
from backend.jobs.huggingface import submission
from backend.jobs.huggingface.errors import job_errors
from backend.jobs.huggingface.log_sync import begin_log
from backend.jobs.huggingface.login import note_login
from backend.jobs.huggingface.remote import JobRef, Remote, new_job, read_remote, write_remote
from backend.jobs.huggingface.submission import SEARCH_DELAYS, SubmissionUnknown
from backend.jobs.logs import CANCELLED, read_log
from backend.jobs.states import JobState, read_state, write_state
from backend.runs import Run

SUBMITTING = "Is being sent to Hugging Face."
SEARCHING = "Hugging Face did not answer. The app checks whether the job was started."
CANCEL_SECONDS = 20.0
POLL_SECONDS = 0.5


class HuggingFaceRunner:
    """Submits a run's stages as jobs of `namespace`; `token` is called for each action, because a login can end.

    The run's remote.json names the machine (remote.write_order). The run's two repositories on the Hub are not deleted
    with the run; their owner can delete them. `search_delays` are the seconds before each search for a job whose
    submission got no answer.
    """

    def __init__(
        self, token: Callable[[], str | None], namespace: str, search_delays: Sequence[float] = SEARCH_DELAYS
    ) -> None:
        self._token = token
        self._namespace = namespace
        self._search_delays = search_delays

    def submit(self, run: Run, stage: str, extra_args: Sequence[str] = ()) -> JobState:
        """Submits the stage exactly once. Raises InputError if it is already active or was not started.

        A new attempt is written to the disk before anything is sent. So a crash at any moment leaves either no job or
        one that Watchers finds by its label.
        """
        job_arguments(run, stage)
        token, remote = self._login(), self._order(run)
        lock = locks.take(run.lock_path(stage))
        if lock is None:
            raise InputError(f"Run {run.name!r} already has a {stage} job. Wait for it to end, or cancel it.")
        try:
            return self._adopt(run, stage, remote, token) or self._submit(run, stage, remote, token, extra_args)
        finally:
            os.close(lock)

    def state(self, run: Run, stage: str) -> JobState | None:
        """Returns the last known state of the job; None if it was never started."""
        job_arguments(run, stage)
        return read_state(run, stage)

    def log(self, run: Run, stage: str, offset: int = 0) -> tuple[str, int]:
        """Returns the job's output after byte `offset`, at most the newest 256 KiB, and the next offset."""
        job_arguments(run, stage)
        return read_log(run.log_path(stage), offset)

    def cancel(self, run: Run, stage: str) -> JobState:
        """Stops the job on Hugging Face, which ends its billing. Raises InputError if the Hub refuses."""
        state, token = self.state(run, stage), self._login()
        if state is None:
            raise InputError(f"Run {run.name!r} has no {stage} job to cancel.")
        if not state.active:
            return state
        remote = self._order(run)
        ref = remote.jobs.get(stage)
        if ref is None or ref.job_id is None:
            ref = self._find_job(run, stage, remote, token, self._search_delays)
        job_id = ref.job_id if ref else None
        ended_itself = job_id is not None and not self._cancel(job_id, remote.namespace, token)
        state = read_state(run, stage) or state
        if state.active and not ended_itself:
            state = replace(state, state="cancelled", ended=time.time(), message=CANCELLED)
            write_state(run, stage, state)
        return state

    def _login(self) -> str:
        token = self._token()
        if not token:
            raise InputError("Nobody is logged in to Hugging Face. Log in, then try again.")
        return token

    def _order(self, run: Run) -> Remote:
        remote = read_remote(run)
        if remote is None:
            raise InputError(f"Run {run.name!r} has no machine on Hugging Face yet. Choose one and confirm its cost.")
        if remote.namespace != self._namespace:
            raise InputError(f"Run {run.name!r} belongs to {remote.namespace} on Hugging Face. Log in to that account.")
        return remote

    def _adopt(self, run: Run, stage: str, remote: Remote, token: str) -> JobState | None:
        """Returns the state of a job whose submission got no answer, None if there is none.

        Raises InputError if the stage, its training or the pipeline already has a job.
        """
        for other in dict.fromkeys((stage, *STAGES_OF, "train")):
            state, ref = read_state(run, other), remote.jobs.get(other)
            if state is not None and state.active and (ref is None or ref.job_id is not None or other != stage):
                raise InputError(f"Run {run.name!r} already has a {other} job. Wait for it to end, or cancel it.")
        ref, state = remote.jobs.get(stage), read_state(run, stage)
        if ref is None or ref.job_id is not None:
            return None
        cut_off = state is not None and state.active
        search_delays = self._search_delays if cut_off else (0.0,)  # the job may have appeared later
        return write_queued(run, stage) if self._find_job(run, stage, remote, token, search_delays) else None

    def _find_job(
        self, run: Run, stage: str, remote: Remote, token: str, search_delays: Sequence[float]
    ) -> JobRef | None:
        """Searches the job of an attempt that got no answer, and records it; None if there is none."""
        ref = remote.jobs.get(stage)
        job = submission.find_job(ref.attempt, remote.namespace, token, search_delays) if ref else None
        if ref is None or job is None:
            return None
        adopted = submission.adopt(ref, job)
        write_remote(run, remote.with_job(stage, adopted))
        return adopted

    def _submit(self, run: Run, stage: str, remote: Remote, token: str, extra: Sequence[str]) -> JobState:
        ref = new_job(remote.namespace, submission.new_attempt())
        write_remote(run, remote.with_job(stage, ref))
        begin_log(run, stage)
        note_login(run, stage, ref.attempt, token)
        write_queued(run, stage, SUBMITTING)
        try:
            revision = submission.commit_inputs(run, stage, remote, ref.attempt, extra, token)
            job = submission.start_job(run, stage, remote, ref.attempt, revision, token, self._search_delays)
        except SubmissionUnknown:
            return write_queued(run, stage, SEARCHING)
        except InputError as error:
            write_state(run, stage, JobState("failed", ended=time.time(), message=str(error), remote=True))
            raise
        write_remote(run, remote.with_job(stage, submission.adopt(ref, job)))
        return write_queued(run, stage)

    def _cancel(self, job_id: str, namespace: str, token: str) -> bool:
        """Cancels a job and waits until it has ended; False if it had ended by itself, which its watcher reports."""
        api = HfApi(token=token)
        with job_errors("cancel the job"):
            stage = api.inspect_job(job_id=job_id, namespace=namespace).status.stage
            if stage not in TERMINAL_JOB_STAGES:
                api.cancel_job(job_id=job_id, namespace=namespace)
            deadline = time.monotonic() + CANCEL_SECONDS
            while stage not in TERMINAL_JOB_STAGES:
                if time.monotonic() > deadline:
                    raise InputError("Hugging Face has not stopped the job yet. Try again in a minute.")
                time.sleep(POLL_SECONDS)
                stage = api.inspect_job(job_id=job_id, namespace=namespace).status.stage
        return bool(stage == JobStage.CANCELED)


def write_queued(run: Run, stage: str, message: str = "The job is waiting for a machine on Hugging Face.") -> JobState:
    """Writes and returns the state of a job that was submitted or is being submitted."""
    state = JobState("queued", message=message, remote=True)
    write_state(run, stage, state)
    return state
