"""One job on Hugging Face, from the moment it was asked for until its results lie in the run's folder."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from huggingface_hub import HfApi, JobInfo, JobStage, constants
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES

from backend import locks
from backend.errors import InputError
from backend.hub.errors import TokenRefused, limit_waiting
from backend.jobs.huggingface import handing
from backend.jobs.huggingface.errors import RAISED, retry_after, status, told
from backend.jobs.huggingface.journal import Journal
from backend.jobs.huggingface.remote import JobRef, Remote, read_remote, write_remote
from backend.jobs.huggingface.results import fetch_results
from backend.jobs.huggingface.stream import KEEP_ALIVE_SECONDS, log_lines
from backend.jobs.logs import read_log
from backend.jobs.outcome import told_reason
from backend.jobs.states import JobState, read_state, write_state
from backend.redact import redact
from backend.runs.run import Run

LONGEST_WAIT_SECONDS = 60.0
IDLE_DRAINS = 5
"""How often in a row an ended job's log may bring nothing new: a replay may be cut, or shorter than the one before."""
FETCHES = 8
REFUSALS = 3
"""So many refusals of the login in a row end the watching."""
DRAIN_SILENCE_SECONDS = 5.0
RESULTS_REFUSED = "The job has ended. Log in again to fetch what it saved."
REFUSED = (
    "Hugging Face no longer accepts the login, or this app lacks the permission for jobs. The job goes on by itself; "
    "log in again to follow it."
)


class Stopped(Exception):
    """The app ends, or watching has no sense any more."""


class Follower:
    """Watches one job; `token` may be replaced by a newer one at any time, `refused` is the one that ended it."""

    def __init__(self, run: Run, stage: str, token: str, poll_seconds: float, looks: Sequence[float]) -> None:
        self.token = token
        self._run = run
        self._stage = stage
        self._poll_seconds = poll_seconds
        self._looks = looks
        self._stopped = threading.Event()
        self.refused: str | None = None
        self._failures = self._idle = 0

    def stop(self) -> None:
        """End at the next occasion; the job goes on."""
        self._stopped.set()

    def follow(self) -> None:
        """Watch until the job has ended; the stage's lock is held meanwhile, so that nobody else watches it."""
        limit_waiting()
        try:
            lock = self._lock()
        except Stopped:
            return
        try:
            remote, ref = self._job()
            if ref.job_id is not None:
                self._watch(remote, ref.job_id)
        except Stopped:
            return
        except InputError as error:  # the disk is full, or the run was deleted
            self._say(str(error))
        finally:
            os.close(lock)

    def _lock(self) -> int:
        """The stage's lock, as soon as its submission lets go of it."""
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
        """The job's record; one whose submission was cut off is looked for by its label."""
        remote = read_remote(self._run)
        ref = remote.jobs.get(self._stage) if remote else None
        if remote is None or ref is None:
            raise self._end("lost", "Nothing here says which job this is. Start the stage again.")
        while ref.job_id is None:
            try:
                job = handing.look_for(ref.attempt, remote.namespace, self.token, self._looks)
            except InputError as error:
                self._say(str(error))
                self._pause(self._poll_seconds)
                continue
            if job is None:
                raise self._end("failed", "The job was not started, and nothing is billed. Start it again.")
            ref = handing.adopt(ref, job)
            remote = remote.with_job(self._stage, ref)
            write_remote(self._run, remote)
        return remote, ref

    def _watch(self, remote: Remote, job_id: str) -> None:
        journal = Journal(self._run, self._stage, (self.token,))
        try:
            while True:
                try:
                    info = HfApi(token=self.token).inspect_job(job_id=job_id, namespace=remote.namespace)
                    self._become(info)
                    if info.status.stage in TERMINAL_JOB_STAGES:
                        cancelled = info.status.stage == JobStage.CANCELED
                        self._drain(journal, remote, job_id, 1 if cancelled else IDLE_DRAINS)
                        self._finish(info, remote)
                        return
                    if info.status.stage == JobStage.RUNNING:
                        self._listen(journal, remote, job_id, KEEP_ALIVE_SECONDS + 5)
                    self._failures = 0
                    self._pause(self._poll_seconds)
                except RAISED as error:
                    self._bear(error)
        finally:
            journal.close()

    def _listen(self, journal: Journal, remote: Remote, job_id: str, silence_seconds: float) -> None:
        """Take the log's lines until the connection ends."""
        journal.begin_replay()
        for line in log_lines(remote.namespace, job_id, self.token, silence_seconds):
            if self._stopped.is_set():
                raise Stopped
            if line is not None and journal.take(*line):
                self._failures = self._idle = 0

    def _drain(self, journal: Journal, remote: Remote, job_id: str, idle_drains: int) -> None:
        """Read the ended job's log again until its own last word is in it, or it brings nothing new several times."""
        self._idle = 0
        while not journal.ended and self._idle < idle_drains:
            self._idle += 1
            try:
                self._listen(journal, remote, job_id, DRAIN_SILENCE_SECONDS)
            except RAISED as error:
                if status(error) == 404:  # a log that is gone is no reason not to go on
                    return
            self._pause(min(2.0**self._idle * 0.1, self._poll_seconds))

    def _become(self, info: JobInfo) -> None:
        """Write a living job's state, unless somebody here has ended it."""
        state = self._state()
        if not state.active or info.status.stage in TERMINAL_JOB_STAGES:
            return
        running = info.status.stage == JobStage.RUNNING
        message = "" if running else "Waits for a machine on Hugging Face."
        started = _seconds(info.started_at) if running else None
        became = JobState("running" if running else "queued", started, message=message, remote=True)
        if became != state:
            write_state(self._run, self._stage, became)

    def _finish(self, info: JobInfo, remote: Remote) -> None:
        """Fetch what the job left, and write how it ended."""
        missing = self._fetch(remote, FETCHES if info.status.stage == JobStage.COMPLETED else 2)
        started, ended = _seconds(info.started_at), _seconds(info.finished_at) or time.time()
        state = _outcome(info, remote, missing, self._last_lines())
        write_state(self._run, self._stage, replace(state, started=started, ended=ended, remote=True))

    def _fetch(self, remote: Remote, tries: int) -> list[str] | str:
        """What is missing of the results, or why that could not be told after several tries."""
        told = ""
        for turn in range(tries):
            try:
                return fetch_results(self._run, self._stage, remote, self.token)
            except TokenRefused as error:
                raise self._give_up(f"{RESULTS_REFUSED} {error}") from error
            except InputError as error:
                told = str(error)
                self._say(f"Fetching the results. {told}")
                self._pause(min(self._poll_seconds * 2**turn, LONGEST_WAIT_SECONDS))
        return told

    def _bear(self, error: BaseException) -> None:
        """Wait as long as the Hub asks, or ever longer; say what is wrong; give up only where the login is refused."""
        self._failures += 1
        code = status(error)
        if code == 404:
            raise self._end("failed", "Hugging Face no longer knows the job. What it saved is in its repository.")
        if code in (401, 403) and self._failures >= REFUSALS:
            raise self._give_up(REFUSED)
        if self._failures >= 2:
            self._say(f"Hugging Face could not be asked: {told(error)} The job goes on.")
        wait, growing = retry_after(error), self._poll_seconds * 2.0 ** (self._failures - 1)
        self._pause(min(growing, LONGEST_WAIT_SECONDS) if wait is None else wait)

    def _give_up(self, message: str) -> Stopped:
        """Say why the login is of no use; the job's state stays, for a newer login to go on from."""
        self._say(message)
        self.refused = self.token
        return Stopped()

    def _last_lines(self) -> list[str]:
        return read_log(self._run.log_path(self._stage))[0].splitlines()[-200:]

    def _state(self) -> JobState:
        state = read_state(self._run, self._stage)
        if state is None:  # the run was deleted
            raise Stopped
        return state

    def _say(self, message: str) -> None:
        """Put a message beside a living job's state."""
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


def _outcome(info: JobInfo, remote: Remote, missing: list[str] | str, lines: list[str]) -> JobState:
    """How a job ended, in a sentence with the next step."""
    page = f"{constants.ENDPOINT}/{remote.results_repo}"
    match info.status.stage:
        case JobStage.CANCELED:
            return JobState("cancelled", message="Cancelled.")
        case JobStage.DELETED:
            return JobState("failed", message=f"The job was deleted on Hugging Face. What it saved is at {page}.")
        case JobStage.COMPLETED if isinstance(missing, str):
            return JobState("failed", message=f"The job is done, but its results could not be fetched. {missing}")
        case JobStage.COMPLETED if missing:
            told = ", ".join(missing)
            lack = f"The job ended without an error, but {page} lacks {told}. Start it again."
            return JobState("failed", message=lack)
        case JobStage.COMPLETED:
            return JobState("completed", exit_code=0)
    return JobState("failed", exit_code=1, message=_failure(info, remote, lines))


def _failure(info: JobInfo, remote: Remote, lines: list[str]) -> str:
    said = redact(info.status.message or "")
    if "timeout" in said.lower():
        minutes = remote.timeout_seconds / 60
        return (
            f"The job reached its time limit of {minutes:.0f} minutes and was stopped. What it saved is kept: "
            "go on with a longer limit."
        )
    return told_reason(lines) or said or "The job ended with an error and printed nothing. Start it again."


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
