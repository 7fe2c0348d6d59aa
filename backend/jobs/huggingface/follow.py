"""Follows one job on Hugging Face, from its submission until its results are in the run's folder."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from huggingface_hub import HfApi, JobInfo, JobStage
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES

from backend import locks
from backend.errors import InputError
from backend.hub import TokenRefused, limit_waiting
from backend.jobs.huggingface import submission
from backend.jobs.huggingface.ends import outcome, seconds_of
from backend.jobs.huggingface.errors import RAISED, error_reason, refuses_login, retry_after, status
from backend.jobs.huggingface.log_stream import IDLE_DRAINS, LogReader, LogTimeouts
from backend.jobs.huggingface.log_sync import LogSync
from backend.jobs.huggingface.login import REFUSED_QUEUED, REFUSED_RUNNING, REFUSED_SEARCHING, JobLogin, is_too_late
from backend.jobs.huggingface.remote import JobRef, Remote, read_remote, write_remote
from backend.jobs.huggingface.results import RESULTS_REFUSED, fetch_results
from backend.jobs.logs import read_log
from backend.jobs.states import JobState, read_state, write_state
from backend.redact import redact
from backend.runs import Run

LONGEST_WAIT_SECONDS = 60.0
FETCHES = 8
REFUSALS = 3
"""The number of consecutive refusals of the login after which the job is no longer followed."""


class Stopped(Exception):
    """The app ends, or the job can no longer be followed."""


class Follower:
    """Follows one job; `token` may be replaced at any time; `refused` is the token that the Hub refused."""

    def __init__(
        self,
        run: Run,
        stage: str,
        token: str,
        poll_seconds: float,
        search_delays: Sequence[float],
        log_timeouts: LogTimeouts,
    ) -> None:
        self.token = self._used_token = token
        self._run = run
        self._stage = stage
        self._poll_seconds = poll_seconds
        self._search_delays = search_delays
        self._log_timeouts = log_timeouts
        self._stopped = threading.Event()
        self.refused: str | None = None
        self._failures = self._refusals = 0

    def stop(self) -> None:
        """Stops following; the job continues."""
        self._stopped.set()

    def follow(self) -> None:
        """Follow the job until it has ended; the stage's lock is held, so that no other thread follows it."""
        limit_waiting()
        try:
            lock = self._lock()
        except Stopped:
            return
        try:
            remote, ref = self._job()
            if ref.job_id is not None:
                self._watch(remote, ref.job_id, JobLogin(self._run, self._stage, ref.attempt))
        except Stopped:
            return
        except InputError as error:  # the disk is full, or the run was deleted
            self._report(str(error))
        finally:
            os.close(lock)

    def _lock(self) -> int:
        """Waits until the submission releases the stage's lock, and returns the lock."""
        while True:
            state = self._state()
            if not state.active:
                raise Stopped
            try:
                lock = locks.take(self._run.lock_path(self._stage))
            except InputError as error:  # the run was deleted
                raise Stopped from error
            if lock is not None:
                return lock
            self._pause(0.2)

    def _job(self) -> tuple[Remote, JobRef]:
        """Returns the job's record; if its submission was interrupted, searches the job by its label."""
        remote = read_remote(self._run)
        ref = remote.jobs.get(self._stage) if remote else None
        if remote is None or ref is None:
            raise self._end("lost", "The record of this job is missing. Start the stage again.")
        while ref.job_id is None:
            try:
                job = submission.find_job(ref.attempt, remote.namespace, self._login(), self._search_delays)
            except submission.SubmissionUnknown as error:
                self._report(str(error))
                self._back_off(error.__cause__ or error, REFUSED_SEARCHING)
                continue
            if job is None:
                raise self._end("failed", "The job was not started, and nothing is billed. Start it again.")
            ref = submission.adopt(ref, job)
            remote = remote.with_job(self._stage, ref)
            write_remote(self._run, remote)
        self._reset_failures()
        return remote, ref

    def _watch(self, remote: Remote, job_id: str, login: JobLogin) -> None:
        log_sync = LogSync(self._run, self._stage, (self.token,))
        timeouts, callbacks = self._log_timeouts, (self._login, self._pause, self._reset_failures)
        log_reader = LogReader(log_sync, remote.namespace, job_id, timeouts, *callbacks)
        try:
            while True:
                try:
                    info = self._inspect(remote, job_id)
                    self._write_active(info)
                    if info.status.stage in TERMINAL_JOB_STAGES:
                        self._finish(log_reader, info, remote, login)
                        return
                    if info.status.stage == JobStage.RUNNING:
                        log_reader.read_live(lambda: self._inspect(remote, job_id).status.stage == JobStage.RUNNING)
                    else:
                        self._cancel_too_late(remote, job_id, login)
                    self._reset_failures()
                    self._pause(self._poll_seconds)
                except RAISED as error:
                    if status(error) == 404:
                        lost = "Hugging Face no longer has the job. What it saved is in its repository."
                        raise self._end("failed", lost) from error
                    if self._failures and not refuses_login(error):
                        reason = error_reason(error)
                        self._report(f"The job's state could not be read: {reason} The job continues to run.")
                    self._back_off(error, self._refused_message())
        finally:
            log_sync.close()

    def _login(self) -> str:
        """Returns the newest token, and records it as the token of the next request."""
        self._used_token = self.token
        return self._used_token

    def _reset_failures(self) -> None:
        self._failures = self._refusals = 0

    def _inspect(self, remote: Remote, job_id: str) -> JobInfo:
        return HfApi(token=self._login()).inspect_job(job_id=job_id, namespace=remote.namespace)

    def _cancel_too_late(self, remote: Remote, job_id: str, login: JobLogin) -> None:
        """Cancel a waiting job if its login ends too soon: the job would cost money and could not save its results."""
        if login.cancelled or not is_too_late(remote.timeout_seconds, login.ends(self.token), time.time()):
            return
        HfApi(token=self._login()).cancel_job(job_id=job_id, namespace=remote.namespace)
        login.note_cancelled()

    def _write_active(self, info: JobInfo) -> None:
        """Write the state of an active job, unless it was ended in the app."""
        state = self._state()
        if not state.active or info.status.stage in TERMINAL_JOB_STAGES:
            return
        running = info.status.stage == JobStage.RUNNING
        message = "" if running else "The job is waiting for a machine on Hugging Face."
        started = seconds_of(info.started_at) if running else None
        became = JobState("running" if running else "queued", started, message=message, remote=True)
        if became != state:
            write_state(self._run, self._stage, became)

    def _finish(self, log_reader: LogReader, info: JobInfo, remote: Remote, login: JobLogin) -> None:
        """Read the rest of the log, download the results, and write the last state."""
        cancelled = info.status.stage == JobStage.CANCELED
        missing: list[str] | str = ""
        if not (cancelled and info.started_at is None):
            log_reader.drain(self._poll_seconds, 1 if cancelled else IDLE_DRAINS)
            missing = self._fetch(remote, FETCHES if info.status.stage == JobStage.COMPLETED else 2)
        started, ended = seconds_of(info.started_at), seconds_of(info.finished_at) or time.time()
        lines = read_log(self._run.log_path(self._stage))[0].splitlines()[-200:]
        state = outcome(info, remote, missing, lines, too_late=login.cancelled)
        write_state(self._run, self._stage, replace(state, started=started, ended=ended, remote=True))

    def _fetch(self, remote: Remote, tries: int) -> list[str] | str:
        """The missing results, or the reason if they are still unknown after several tries."""
        problem = ""
        for turn in range(tries):
            try:
                return fetch_results(self._run, self._stage, remote, self._login())
            except TokenRefused as error:
                raise self._give_up(f"{RESULTS_REFUSED} {error}") from error
            except InputError as error:
                problem = str(error)
                self._report(f"The results could not be downloaded yet: {problem}")
                self._pause(min(self._poll_seconds * 2**turn, LONGEST_WAIT_SECONDS))
        return problem

    def _back_off(self, error: BaseException, refused: str) -> None:
        """Waits as long as the Hub requests, else longer after each error.

        After REFUSALS refusals of the login the following ends with the message `refused`.
        """
        self._failures += 1
        same_login = self._used_token == self.token
        self._refusals = self._refusals + 1 if refuses_login(error) and same_login else 0
        if self._refusals >= REFUSALS:
            raise self._give_up(refused)
        wait, growing = retry_after(error), self._poll_seconds * 2.0 ** (self._failures - 1)
        self._pause(min(growing, LONGEST_WAIT_SECONDS) if wait is None else wait)

    def _refused_message(self) -> str:
        return REFUSED_QUEUED if self._state().state == "queued" else REFUSED_RUNNING

    def _give_up(self, message: str) -> Stopped:
        """Write why the login is refused; the job's state stays, so that a newer login can follow it."""
        self._report(message)
        self.refused = self._used_token
        return Stopped()

    def _state(self) -> JobState:
        state = read_state(self._run, self._stage)
        if state is None:  # the run was deleted
            raise Stopped
        return state

    def _report(self, message: str) -> None:
        """Write a message to the state of an active job."""
        state = read_state(self._run, self._stage)
        if state is not None and state.active and state.message != message:
            write_state(self._run, self._stage, replace(state, message=redact(message)))

    def _end(self, word: str, message: str) -> Stopped:
        state = JobState("lost" if word == "lost" else "failed", ended=time.time(), message=message, remote=True)
        write_state(self._run, self._stage, state)
        return Stopped()

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Stopped
