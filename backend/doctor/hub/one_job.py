"""Runs one job of a check: starts it once, reads its log while it runs, finds it by its label, and cancels it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from huggingface_hub import HfApi, JobInfo, JobStage, Volume
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES

from backend.doctor.hub.leftovers import LABEL
from backend.doctor.hub.plan import PlannedJob
from backend.doctor.hub.visit import Visit
from backend.errors import InputError
from backend.jobs import clean
from backend.jobs.huggingface import ENVIRONMENT, IMAGE, MOUNT, RAISED, error_reason, job_errors, log_lines, status

SILENCE_SECONDS = 5.0
CANCEL_SECONDS = 60.0
LABEL_SECONDS = (0.0, 1.0, 2.0)
DRAINS = 3
"""The number of times that an ended job's log is read again for missing lines."""
FAULTS = 5
"""The number of consecutive errors of the Hub after which the job is no longer followed."""


class JobFailed(Exception):
    """The job did not print the expected line; the message gives the reason."""


class NoMachine(Exception):
    """No machine became free while the doctor waited; nothing was billed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The longest wait for a machine, which is free, and the polling interval, in seconds."""

    machine: float = 600.0
    poll: float = 2.0


class OneJob:
    """A job on one machine; `lines` are its output, `printed_while_running` is True if some arrived while it ran."""

    def __init__(self, visit: Visit, planned: PlannedJob, patience: Patience) -> None:
        self._visit = visit
        self._planned = planned
        self._patience = patience
        self._api = HfApi(token=visit.token)
        self._seen: set[tuple[str, str]] = set()
        self.lines: list[str] = []
        self.printed_while_running = False
        self.info: JobInfo | None = None

    @property
    def id(self) -> str:
        """The job's id on the Hub."""
        assert self.info is not None
        return self.info.id

    @property
    def stage(self) -> JobStage:
        """The job's stage at the last request."""
        assert self.info is not None
        return JobStage(self.info.status.stage)

    def start(self, revision: str, script: str, *arguments: str) -> None:
        """Starts the job with one request, without a token, because it writes nothing. Raises the client's errors."""
        volume = Volume(type="dataset", source=self._visit.repo, revision=revision, mount_path=MOUNT)
        with self._visit.requesting():
            self.info = self._api.run_job(
                image=IMAGE,
                command=["uv", "run", f"{MOUNT}/code/{script}", *arguments],
                env=ENVIRONMENT,
                flavor=self._planned.flavor.name,
                timeout=self._planned.minutes * 60,
                name=LABEL,
                labels={LABEL: self._visit.word},
                volumes=[volume],
                namespace=self._visit.account,
            )

    def wait(self, expected: Callable[[str], bool] | None, progress: Callable[[str], None]) -> str | None:
        """Reads the log until `expected` accepts a line, and returns the line; with None, until the job has ended.

        `progress` is called at every poll and may raise. Raises NoMachine if no machine becomes free. Raises JobFailed
        if the job ends without such a line, works longer than its time limit, or cannot be followed.
        """
        began, faults, drains = time.monotonic(), 0, 0
        while time.monotonic() - began < self._patience.machine + self._planned.minutes * 60:
            try:
                self.info = self._api.inspect_job(job_id=self.id, namespace=self._visit.account)
                progress(_waiting(self.stage, self._planned.flavor.name))
                ended = self.stage in TERMINAL_JOB_STAGES
                if self.stage == JobStage.SCHEDULING:
                    self._check_patience(began)
                elif (line := self._read_log(expected)) is not None:
                    return line
                if ended and (expected is None or drains >= DRAINS):
                    self._check_output(expected)
                    return None
                drains, faults = drains + ended, 0
            except RAISED as error:
                faults += 1
                if faults >= FAULTS or status(error) in (401, 403, 404):
                    raise JobFailed(f"The job could not be followed: {error_reason(error)}") from error
            time.sleep(self._patience.poll)
        raise JobFailed("The job worked longer than its time limit.")

    def _check_patience(self, began: float) -> None:
        if time.monotonic() - began > self._patience.machine:
            minutes = self._patience.machine / 60
            raise NoMachine(f"No {self._planned.flavor.name} became free within {minutes:.0f} minutes.")

    def _read_log(self, expected: Callable[[str], bool] | None) -> str | None:
        """Reads the new lines of the log until `expected` accepts one, or no line comes for a few seconds."""
        ran = self.stage == JobStage.RUNNING
        for found in log_lines(self._visit.account, self.id, self._visit.token, SILENCE_SECONDS):
            if found is None or found in self._seen:
                continue
            self._seen.add(found)
            line = clean(found[1])
            self.lines.append(line)
            self.printed_while_running = self.printed_while_running or ran
            if expected is not None and expected(line):
                return line
        return None

    def _check_output(self, expected: Callable[[str], bool] | None) -> None:
        if expected is not None:
            raise JobFailed(f"The job ended ({self._how()}) without the expected output.{self.log_end()}")

    def _how(self) -> str:
        assert self.info is not None
        message = self.info.status.message
        return f"{self.stage.value.lower()}: {message}" if message else self.stage.value.lower()

    def log_end(self) -> str:
        """Returns the last error line of the log, or its last line, as a sentence with a leading space."""
        errors = [line.removeprefix("error: ") for line in self.lines if line.startswith("error: ")]
        lines = errors or [line for line in self.lines if line.strip()]
        return f" Its log ends with: {lines[-1].rstrip('.')}." if lines else " It printed nothing."

    def is_found(self) -> bool:
        """Whether the list of jobs with its label contains the job. Raises the client's errors."""
        for wait in LABEL_SECONDS:
            time.sleep(wait)
            listed: Sequence[JobInfo] = list(
                islice(self._api.list_jobs(namespace=self._visit.account, labels={LABEL: self._visit.word}), 10)
            )
            if any(job.id == self.id for job in listed):
                return True
        return False

    def cancel(self, progress: Callable[[str], None]) -> JobStage:
        """Cancels the job, and returns its stage when it has ended. Raises InputError if the Hub refuses."""
        with job_errors("cancel the job"):
            self._api.cancel_job(job_id=self.id, namespace=self._visit.account)
            ends = time.monotonic() + CANCEL_SECONDS
            while time.monotonic() < ends:
                self.info = self._api.inspect_job(job_id=self.id, namespace=self._visit.account)
                if self.stage in TERMINAL_JOB_STAGES:
                    return self.stage
                progress(f"Waiting until {self._planned.flavor.name} is cancelled")
                time.sleep(self._patience.poll)
        raise InputError(f"A minute after it was cancelled, the job was still {self.stage.value.lower()}.")


def _waiting(stage: JobStage, flavor: str) -> str:
    return f"{flavor}: {'running' if stage == JobStage.RUNNING else 'waiting for a machine'}"
