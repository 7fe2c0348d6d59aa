"""One job of a check: started once, its log read while it runs, found by its label, cancelled."""

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
from backend.jobs.huggingface import ENVIRONMENT, IMAGE, MOUNT, RAISED, job_errors, log_lines, status, told

SILENCE_SECONDS = 5.0
CANCEL_SECONDS = 60.0
LABEL_SECONDS = (0.0, 1.0, 2.0)
DRAINS = 3
"""How often an ended job's log is read again for what was not in it yet."""
FAULTS = 5
"""So many faults in a row of the Hub end the waiting."""


class JobTrouble(Exception):
    """The job did not come to what was waited for; the message says why."""


class NoMachine(Exception):
    """No machine became free while the doctor waited; nothing was billed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a machine, which costs nothing, and how often to look, in seconds."""

    machine: float = 600.0
    poll: float = 2.0


class OneJob:
    """A job on one machine; `lines` is what it printed so far, `heard_running` whether some came while it ran."""

    def __init__(self, visit: Visit, planned: PlannedJob, patience: Patience) -> None:
        self._visit = visit
        self._planned = planned
        self._patience = patience
        self._api = HfApi(token=visit.token)
        self._seen: set[tuple[str, str]] = set()
        self.lines: list[str] = []
        self.heard_running = False
        self.info: JobInfo | None = None

    @property
    def id(self) -> str:
        """The Hub's id of the job."""
        assert self.info is not None
        return self.info.id

    @property
    def stage(self) -> JobStage:
        """Where the job stood when it was last looked at."""
        assert self.info is not None
        return JobStage(self.info.status.stage)

    def start(self, revision: str, script: str, *arguments: str) -> None:
        """Ask for the job, once; the client's own errors come through. It gets no token: it writes nothing."""
        volume = Volume(type="dataset", source=self._visit.repo, revision=revision, mount_path=MOUNT)
        with self._visit.asking():
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

    def wait(self, wanted: Callable[[str], bool] | None, still: Callable[[str], None]) -> str | None:
        """Follow the log until a line is `wanted`, which is returned; with None, until the job has ended.

        `still` is called at every turn and may raise. Raises NoMachine, or JobTrouble if the job ends without such a
        line, works longer than its time limit, or cannot be followed.
        """
        began, faults, drains = time.monotonic(), 0, 0
        while time.monotonic() - began < self._patience.machine + self._planned.minutes * 60:
            try:
                self.info = self._api.inspect_job(job_id=self.id, namespace=self._visit.account)
                still(_waiting(self.stage, self._planned.flavor.name))
                ended = self.stage in TERMINAL_JOB_STAGES
                if self.stage == JobStage.SCHEDULING:
                    self._check_patience(began)
                elif (line := self._listen(wanted)) is not None:
                    return line
                if ended and (wanted is None or drains >= DRAINS):
                    self._check_said(wanted)
                    return None
                drains, faults = drains + ended, 0
            except RAISED as error:
                faults += 1
                if faults >= FAULTS or status(error) in (401, 403, 404):
                    raise JobTrouble(f"The job could not be followed: {told(error)}") from error
            time.sleep(self._patience.poll)
        raise JobTrouble("The job worked longer than its time limit.")

    def _check_patience(self, began: float) -> None:
        if time.monotonic() - began > self._patience.machine:
            minutes = self._patience.machine / 60
            raise NoMachine(f"No {self._planned.flavor.name} became free within {minutes:.0f} minutes.")

    def _listen(self, wanted: Callable[[str], bool] | None) -> str | None:
        """Take the new lines of the log until one is wanted, or nothing comes for a while."""
        ran = self.stage == JobStage.RUNNING
        for found in log_lines(self._visit.account, self.id, self._visit.token, SILENCE_SECONDS):
            if found is None or found in self._seen:
                continue
            self._seen.add(found)
            line = clean(found[1])
            self.lines.append(line)
            self.heard_running = self.heard_running or ran
            if wanted is not None and wanted(line):
                return line
        return None

    def _check_said(self, wanted: Callable[[str], bool] | None) -> None:
        if wanted is not None:
            raise JobTrouble(f"The job ended ({self._how()}) without the expected output.{self.last_words()}")

    def _how(self) -> str:
        assert self.info is not None
        said = self.info.status.message
        return f"{self.stage.value.lower()}: {said}" if said else self.stage.value.lower()

    def last_words(self) -> str:
        """The last error line of the log, or its last line, as a sentence that follows another."""
        errors = [line.removeprefix("error: ") for line in self.lines if line.startswith("error: ")]
        lines = errors or [line for line in self.lines if line.strip()]
        return f" Its log ends with: {lines[-1].rstrip('.')}." if lines else " It printed nothing."

    def is_found(self) -> bool:
        """Whether the list of jobs with its label shows it. Raises the client's errors."""
        for wait in LABEL_SECONDS:
            time.sleep(wait)
            listed: Sequence[JobInfo] = list(
                islice(self._api.list_jobs(namespace=self._visit.account, labels={LABEL: self._visit.word}), 10)
            )
            if any(job.id == self.id for job in listed):
                return True
        return False

    def cancel(self, still: Callable[[str], None]) -> JobStage:
        """Cancel it, and read its stage back until it has ended; InputError if the Hub refuses."""
        with job_errors("cancel the job"):
            self._api.cancel_job(job_id=self.id, namespace=self._visit.account)
            ends = time.monotonic() + CANCEL_SECONDS
            while time.monotonic() < ends:
                self.info = self._api.inspect_job(job_id=self.id, namespace=self._visit.account)
                if self.stage in TERMINAL_JOB_STAGES:
                    return self.stage
                still(f"Waiting until {self._planned.flavor.name} is cancelled")
                time.sleep(self._patience.poll)
        raise InputError(f"A minute after it was cancelled the job was still {self.stage.value.lower()}.")


def _waiting(stage: JobStage, flavor: str) -> str:
    return f"{flavor}: {'at work' if stage == JobStage.RUNNING else 'waiting for a machine'}"
