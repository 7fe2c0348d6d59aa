"""A runner whose jobs work on Hugging Face; everything the page shows of them is read from the run's folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from huggingface_hub import HfApi, JobStage
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES

from backend import locks
from backend.errors import InputError
from backend.jobs.commands import PIPELINE, job_arguments
from backend.jobs.huggingface import submission as handing
from backend.jobs.huggingface.errors import job_errors
from backend.jobs.huggingface.log_sync import begin_log
from backend.jobs.huggingface.login import note_login
from backend.jobs.huggingface.remote import JobRef, Remote, new_job, read_remote, write_remote
from backend.jobs.huggingface.submission import LOOKS_SECONDS, SubmissionUnknown
from backend.jobs.logs import CANCELLED, read_log
from backend.jobs.states import JobState, read_state, write_state
from backend.runs import Run

HANDING_OVER = "Being handed over to Hugging Face."
LOOKING = "Hugging Face did not answer; looking whether the job was started."
CANCEL_SECONDS = 20.0
POLL_SECONDS = 0.5


class HuggingFaceRunner:
    """Submits a run's stages as jobs of `namespace`; `token` is asked anew each time, since a login ends.

    What to run on stands in the run's remote.json (remote.write_order). Deleting a run here leaves its two repositories
    on the Hub, where their owner keeps or deletes them. `looks` are the seconds before each look for a job whose
    submission got no answer.
    """

    def __init__(self, token: Callable[[], str | None], namespace: str, looks: Sequence[float] = LOOKS_SECONDS) -> None:
        self._token = token
        self._namespace = namespace
        self._looks = looks

    def submit(self, run: Run, stage: str, extra_args: Sequence[str] = ()) -> JobState:
        """Hand the stage over, exactly once whatever happens; InputError where it is alive or was not started.

        Before anything is sent, a fresh attempt is written down, so that a crash at any moment leaves either no job or
        one that Watchers finds by its label.
        """
        job_arguments(run, stage)
        token, remote = self._login(), self._order(run)
        lock = locks.take(run.lock_path(stage))
        if lock is None:
            raise InputError(f"Run {run.name!r} already has a {stage} job. Wait for it to end, or cancel it.")
        try:
            return self._adopted(run, stage, remote, token) or self._hand_over(run, stage, remote, token, extra_args)
        finally:
            os.close(lock)

    def state(self, run: Run, stage: str) -> JobState | None:
        """Where the job stands by what was last heard of it; None where it was never started."""
        job_arguments(run, stage)
        return read_state(run, stage)

    def log(self, run: Run, stage: str, offset: int = 0) -> tuple[str, int]:
        """What the job printed after byte `offset`, and the offset to go on from; at most 256 KiB, the newest."""
        job_arguments(run, stage)
        return read_log(run.log_path(stage), offset)

    def cancel(self, run: Run, stage: str) -> JobState:
        """Stop the job on Hugging Face, which ends its billing; InputError where the Hub refuses."""
        state, token = self.state(run, stage), self._login()
        if state is None:
            raise InputError(f"Run {run.name!r} has no {stage} job to cancel.")
        if not state.active:
            return state
        remote = self._order(run)
        ref = remote.jobs.get(stage)
        if ref is None or ref.job_id is None:
            ref = self._found(run, stage, remote, token, self._looks)
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

    def _adopted(self, run: Run, stage: str, remote: Remote, token: str) -> JobState | None:
        """The state of an earlier submission's job that nobody heard of, None where there is none; or InputError."""
        for other in dict.fromkeys((stage, PIPELINE, "train")):
            state, ref = read_state(run, other), remote.jobs.get(other)
            if state is not None and state.active and (ref is None or ref.job_id is not None or other != stage):
                raise InputError(f"Run {run.name!r} already has a {other} job. Wait for it to end, or cancel it.")
        ref, state = remote.jobs.get(stage), read_state(run, stage)
        if ref is None or ref.job_id is not None:
            return None
        cut_off = state is not None and state.active
        looks = self._looks if cut_off else (0.0,)  # a job may also have come after we said that none did
        return write_queued(run, stage) if self._found(run, stage, remote, token, looks) else None

    def _found(self, run: Run, stage: str, remote: Remote, token: str, looks: Sequence[float]) -> JobRef | None:
        """The job of an attempt that was not answered, written down; None where there is none."""
        ref = remote.jobs.get(stage)
        job = handing.look_for(ref.attempt, remote.namespace, token, looks) if ref else None
        if ref is None or job is None:
            return None
        adopted = handing.adopt(ref, job)
        write_remote(run, remote.with_job(stage, adopted))
        return adopted

    def _hand_over(self, run: Run, stage: str, remote: Remote, token: str, extra: Sequence[str]) -> JobState:
        ref = new_job(remote.namespace, handing.new_attempt())
        write_remote(run, remote.with_job(stage, ref))
        begin_log(run, stage)
        note_login(run, stage, ref.attempt, token)
        write_queued(run, stage, HANDING_OVER)
        try:
            revision = handing.commit_inputs(run, stage, remote, ref.attempt, extra, token)
            job = handing.start_job(run, stage, remote, ref.attempt, revision, token, self._looks)
        except SubmissionUnknown:
            return write_queued(run, stage, LOOKING)
        except InputError as error:
            write_state(run, stage, JobState("failed", ended=time.time(), message=str(error), remote=True))
            raise
        write_remote(run, remote.with_job(stage, handing.adopt(ref, job)))
        return write_queued(run, stage)

    def _cancel(self, job_id: str, namespace: str, token: str) -> bool:
        """Ask for the end and wait until it came; False where the job had ended by itself, which its watcher tells."""
        api = HfApi(token=token)
        with job_errors("cancel the job"):
            stage = api.inspect_job(job_id=job_id, namespace=namespace).status.stage
            if stage not in TERMINAL_JOB_STAGES:
                api.cancel_job(job_id=job_id, namespace=namespace)
            deadline = time.monotonic() + CANCEL_SECONDS
            while stage not in TERMINAL_JOB_STAGES:
                if time.monotonic() > deadline:
                    raise InputError("Hugging Face has not stopped the job yet. Look again in a minute.")
                time.sleep(POLL_SECONDS)
                stage = api.inspect_job(job_id=job_id, namespace=namespace).status.stage
        return bool(stage == JobStage.CANCELED)


def write_queued(run: Run, stage: str, message: str = "Waits for a machine on Hugging Face.") -> JobState:
    """Write and return the state of a job that has been, or is being, handed over."""
    state = JobState("queued", message=message, remote=True)
    write_state(run, stage, state)
    return state
