"""Two jobs made as a training's are: one on a CPU, cancelled while it runs, and one that uses a GPU."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi, JobStage, constants

from backend.doctor.finding import REPORT_IT, Finding, Outcome, Watcher, check_all, failed, passed, unknown
from backend.doctor.hub.asking import OPEN_STORAGE, asked, storage_told
from backend.doctor.hub.one_job import JobTrouble, NoMachine, OneJob, Patience
from backend.doctor.hub.plan import Plan, PlannedJob
from backend.doctor.hub.repository import BINARY
from backend.doctor.hub.visit import Visit
from backend.doctor.places import ROOT
from backend.hub import is_xet_error
from backend.jobs.huggingface import MOUNT, RAISED, told
from backend.redact import plain_address, redact

CODE = (
    "backend/__init__.py", "backend/errors.py", "job_templates/__init__.py", "job_templates/cli.py",
    "job_templates/gpu_check.py", "job_templates/hub/__init__.py", "job_templates/hub/machine_report.py",
)  # fmt: skip
REPORT, GPU = "job_templates/hub/machine_report.py", "job_templates/gpu_check.py"
MARK = "doctor: "
"""How machine_report.py begins the line that it reports with."""
STAYS_SECONDS = 240
MOUNTED, STREAMED, LABELLED, CANCELLED = "Job: mounted files", "Job: log", "Job: label", "Job: cancelling"
AGAIN = (
    "Check again, because a job can get another machine. If it fails again, choose another kind (--flavor on the "
    "command line)."
)
SETTINGS = "Look at {endpoint}/settings/billing and at the login's permissions, then check again."


def job_titles(plan: Plan) -> list[str]:
    """What is checked by the jobs of a plan."""
    return [title for number, job in enumerate(plan.jobs) for title in _titles(job, first=number == 0)]


def not_started(plan: Plan, why: str, watcher: Watcher) -> list[Finding]:
    """The findings where nothing was started."""
    return check_all([(title, _unknown(title, why)) for title in job_titles(plan)], watcher)


def check_jobs(visit: Visit, plan: Plan, watcher: Watcher, patience: Patience | None = None) -> list[Finding]:
    """Run the jobs one after the other; a later one is not started if an earlier one did not read its files."""
    waits = patience or Patience()
    try:
        digest, revision = _hand_over(visit)
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing was spent, and it is told
        return not_started(plan, f"The code could not be handed over: {_handing_told(error)}", watcher)
    findings: list[Finding] = []
    for number, planned in enumerate(plan.jobs):
        if findings and findings[0].outcome is not Outcome.PASSED:
            titles = _titles(planned, first=False)
            why = "It was not started, because the job before it did not work."
            findings += check_all([(title, _unknown(title, why)) for title in titles], watcher)
            continue
        check = _CpuCheck if number == 0 or not planned.has_gpu else _GpuCheck
        job = check(OneJob(visit, planned, waits), planned, revision, digest, watcher)
        findings += check_all(job.checks(first=number == 0), watcher)
    return findings


def _handing_told(error: Exception) -> str:
    if is_xet_error(error):
        return f"{storage_told(error)} {OPEN_STORAGE}"
    return told(error) if isinstance(error, RAISED) else redact(str(error))


def _titles(planned: PlannedJob, *, first: bool) -> list[str]:
    if first:
        return [MOUNTED, STREAMED, LABELLED, CANCELLED]
    return [_gpu_title(planned) if planned.has_gpu else _cpu_title(planned)]


def _gpu_title(planned: PlannedJob) -> str:
    return f"Job: GPU of {planned.flavor.name}"


def _cpu_title(planned: PlannedJob) -> str:
    return f"Job: {planned.flavor.name}"


def _unknown(title: str, why: str) -> Callable[[], Finding]:
    return lambda: unknown(title, why)


def _hand_over(visit: Visit) -> tuple[str, str]:
    """Put the code beside the files; the digest of the file that the job reads, and the commit."""
    api = HfApi(token=visit.token)
    content = hashlib.sha256(visit.word.encode()).digest() * 64
    files = [CommitOperationAdd(f"code/{name}", ROOT / name) for name in CODE]
    operations = [CommitOperationAdd(BINARY, content), *files]
    done = api.create_commit(visit.repo, operations, commit_message="The code of a check", repo_type="dataset")
    return hashlib.sha256(content).hexdigest(), str(done.oid)


class _Check:
    """A job, what it needs, and what it said."""

    def __init__(self, job: OneJob, planned: PlannedJob, revision: str, digest: str, watcher: Watcher) -> None:
        self._job = job
        self._planned = planned
        self._revision = revision
        self._digest = digest
        self._watcher = watcher
        self._then = SETTINGS.format(endpoint=plain_address(constants.ENDPOINT))

    def _started(self, title: str, act: Callable[[], Finding]) -> Finding:
        """What `act` finds of the job; a refusal to start it is a failure with the Hub's reason."""
        try:
            return asked(title, act, self._then)
        except NoMachine as error:
            return unknown(title, str(error), AGAIN)
        except JobTrouble as error:
            return failed(title, redact(str(error)), AGAIN)


class _CpuCheck(_Check):
    """A job on a CPU: what it mounts, its log, its label, and that it can be cancelled."""

    _report: dict[str, Any] | None = None

    def checks(self, *, first: bool) -> Iterator[tuple[str, Callable[[], Finding]]]:
        """The checks in their order; one that is not the first job of a plan is left to end by itself."""
        if not first:
            title = _cpu_title(self._planned)
            yield title, lambda: self._started(title, lambda: self._mounted(title, stays=0))
            return
        yield MOUNTED, lambda: self._started(MOUNTED, lambda: self._mounted(MOUNTED, stays=STAYS_SECONDS))
        for title, check in ((STREAMED, self._streamed), (LABELLED, self._labelled), (CANCELLED, self._cancelled)):
            yield title, partial(self._after, title, check)

    def _mounted(self, title: str, stays: int) -> Finding:
        self._job.start(self._revision, REPORT, f"{MOUNT}/{BINARY}", str(stays))
        line = self._job.wait(lambda line: line.startswith(MARK), self._watcher.doing)
        self._report = json.loads((line or "").removeprefix(MARK))
        if not stays:
            self._job.wait(None, self._watcher.doing)
        told = self._report
        if told.get("sha256") != self._digest:
            return failed(title, "The mounted file has other bytes than the uploaded one.", REPORT_IT)
        machine = f"{told.get('CPU_CORES')} cores, memory {told.get('MEMORY')}, accelerator {told.get('ACCELERATOR')!r}"
        told_of = f"{machine}, NVIDIA driver {told.get('driver')}, Python {told.get('python')}"
        return passed(title, f"{self._planned.flavor.name} read the file at {MOUNT} byte for byte; {told_of}.")

    def _after(self, title: str, check: Callable[[], Finding]) -> Finding:
        if self._report is None:
            return unknown(title, "The job ended before this check.")
        return self._started(title, check)

    def _streamed(self) -> Finding:
        if self._job.heard_running:
            return passed(STREAMED, "Its lines arrived while it ran.")
        return failed(STREAMED, "Its lines arrived only after its end.", f"Progress is shown late. {REPORT_IT}")

    def _labelled(self) -> Finding:
        if self._job.is_found():
            return passed(LABELLED, "The job was found by its label.")
        then = "A job whose submission got no answer is then not found again. " + REPORT_IT
        return failed(LABELLED, "The list of jobs with its label does not show it.", then)

    def _cancelled(self) -> Finding:
        before = self._job.stage
        stage = self._job.cancel(self._watcher.doing)
        name = self._planned.flavor.name
        if stage == JobStage.CANCELED and before == JobStage.RUNNING:
            return passed(CANCELLED, f"{name} was cancelled while it ran, and the Hub says so.")
        seen = f"{name} was {before.value.lower()} before it was cancelled, and {stage.value.lower()} after."
        return failed(CANCELLED, seen, "Look at your jobs on Hugging Face, and stop it there if it runs.")


class _GpuCheck(_Check):
    """A job on a GPU: the very operation that a training's job makes first."""

    def checks(self, *, first: bool) -> Iterator[tuple[str, Callable[[], Finding]]]:
        """The one check."""
        assert not first
        title = _gpu_title(self._planned)
        yield title, lambda: self._started(title, lambda: self._used(title))

    def _used(self, title: str) -> Finding:
        self._job.start(self._revision, GPU)
        said = self._job.wait(lambda line: line.startswith(("GPU: ", "error: ")), self._watcher.doing) or ""
        self._job.wait(None, self._watcher.doing)
        if self._job.stage == JobStage.COMPLETED and said.startswith("GPU: "):
            return passed(title, f"{said}. An operation in float16 is correct.")
        return failed(title, redact(f"The GPU could not be used.{self._job.last_words()}"), AGAIN)
