"""Runs two jobs in the same way as a training: one on a CPU that is cancelled, and one that uses a GPU."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi, JobStage, constants

from backend.doctor.finding import REPORT_IT, Finding, Outcome, Watcher, check_all, failed, passed, unknown
from backend.doctor.hub.hub_finding import OPEN_STORAGE, hub_finding, storage_reason
from backend.doctor.hub.one_job import JobFailed, NoMachine, OneJob, Patience
from backend.doctor.hub.plan import Plan, PlannedJob
from backend.doctor.hub.repository import BINARY
from backend.doctor.hub.visit import Visit
from backend.doctor.places import ROOT
from backend.hub import is_xet_error
from backend.jobs.huggingface import MOUNT, RAISED, error_reason
from backend.redact import plain_address, redact

CODE = (
    "backend/__init__.py", "backend/errors.py", "job_templates/__init__.py", "job_templates/cli.py",
    "job_templates/gpu_check.py", "job_templates/hub/__init__.py", "job_templates/hub/machine_report.py",
)  # fmt: skip
REPORT, GPU = "job_templates/hub/machine_report.py", "job_templates/gpu_check.py"
MARK = "doctor: "
"""The prefix of the line that machine_report.py prints."""
STAYS_SECONDS = 240
MOUNTED, STREAMED, LABELLED, CANCELLED = "Job: mounted files", "Job: log", "Job: label", "Job: cancelling"
AGAIN = (
    "Check again, because a job can get another machine. If it fails again, choose another kind (--flavor on the "
    "command line)."
)
SETTINGS = "See {endpoint}/settings/billing and check the login's permissions. Then check again."


def job_titles(plan: Plan) -> list[str]:
    """Returns the titles of the checks that the jobs of a plan do."""
    return [title for number, job in enumerate(plan.jobs) for title in _titles(job, first=number == 0)]


def not_started(plan: Plan, why: str, watcher: Watcher) -> list[Finding]:
    """Returns the findings if no job was started, with the reason `why`."""
    return check_all([(title, _unknown(title, why)) for title in job_titles(plan)], watcher)


def check_jobs(visit: Visit, plan: Plan, watcher: Watcher, patience: Patience | None = None) -> list[Finding]:
    """Runs the jobs one after the other; a later one is not started if the first one could not read its files."""
    waits = patience or Patience()
    try:
        digest, revision = _upload_code(visit)
    except Exception as error:  # noqa: BLE001 - every error is reported, and no job has cost money
        return not_started(plan, f"The code could not be uploaded: {_upload_error(error)}", watcher)
    findings: list[Finding] = []
    for number, planned in enumerate(plan.jobs):
        if findings and findings[0].outcome is not Outcome.PASSED:
            titles = _titles(planned, first=False)
            why = "It was not started, because the job before it failed."
            findings += check_all([(title, _unknown(title, why)) for title in titles], watcher)
            continue
        check = _CpuCheck if number == 0 or not planned.has_gpu else _GpuCheck
        job = check(OneJob(visit, planned, waits), planned, revision, digest, watcher)
        findings += check_all(job.checks(first=number == 0), watcher)
    return findings


def _upload_error(error: Exception) -> str:
    if is_xet_error(error):
        return f"{storage_reason(error)} {OPEN_STORAGE}"
    return error_reason(error) if isinstance(error, RAISED) else redact(str(error))


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


def _upload_code(visit: Visit) -> tuple[str, str]:
    """Uploads the code to the repository; returns the SHA-256 of the file that the job reads, and the commit."""
    api = HfApi(token=visit.token)
    content = hashlib.sha256(visit.word.encode()).digest() * 64
    files = [CommitOperationAdd(f"code/{name}", ROOT / name) for name in CODE]
    operations = [CommitOperationAdd(BINARY, content), *files]
    done = api.create_commit(visit.repo, operations, commit_message="The code of a check", repo_type="dataset")
    return hashlib.sha256(content).hexdigest(), str(done.oid)


class _Check:
    """A job with its inputs and its output."""

    def __init__(self, job: OneJob, planned: PlannedJob, revision: str, digest: str, watcher: Watcher) -> None:
        self._job = job
        self._planned = planned
        self._revision = revision
        self._digest = digest
        self._watcher = watcher
        self._advice = SETTINGS.format(endpoint=plain_address(constants.ENDPOINT))

    def _started(self, title: str, act: Callable[[], Finding]) -> Finding:
        """Returns the finding of `act`; if the Hub refuses the job, the finding is a failure with the Hub's reason."""
        try:
            return hub_finding(title, act, self._advice)
        except NoMachine as error:
            return unknown(title, str(error), AGAIN)
        except JobFailed as error:
            return failed(title, redact(str(error)), AGAIN)


class _CpuCheck(_Check):
    """A job on a CPU: checks its mounted files, its log, its label, and its cancellation."""

    _report: dict[str, Any] | None = None

    def checks(self, *, first: bool) -> Iterator[tuple[str, Callable[[], Finding]]]:
        """Yields the checks in their order; a job that is not the first one of a plan is not cancelled."""
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
        report = self._report
        if report.get("sha256") != self._digest:
            return failed(title, "The mounted file differs from the uploaded one.", REPORT_IT)
        cores, memory, chip = (report.get(name) for name in ("CPU_CORES", "MEMORY", "ACCELERATOR"))
        versions = f"NVIDIA driver {report.get('driver')}, Python {report.get('python')}"
        machine = f"{cores} cores, memory {memory}, accelerator {chip!r}, {versions}"
        return passed(title, f"{self._planned.flavor.name} read the file at {MOUNT} byte for byte; {machine}.")

    def _after(self, title: str, check: Callable[[], Finding]) -> Finding:
        if self._report is None:
            return unknown(title, "The job ended before this check.")
        return self._started(title, check)

    def _streamed(self) -> Finding:
        if self._job.printed_while_running:
            return passed(STREAMED, "Its lines arrived while it ran.")
        return failed(STREAMED, "Its lines arrived only after its end.", f"Progress is shown late. {REPORT_IT}")

    def _labelled(self) -> Finding:
        if self._job.is_found():
            return passed(LABELLED, "The job was found by its label.")
        then = "The app cannot find a job again if its submission got no answer. " + REPORT_IT
        return failed(LABELLED, "The list of jobs with its label does not show it.", then)

    def _cancelled(self) -> Finding:
        before = self._job.stage
        stage = self._job.cancel(self._watcher.doing)
        name = self._planned.flavor.name
        if stage == JobStage.CANCELED and before == JobStage.RUNNING:
            return passed(CANCELLED, f"{name} was cancelled while it ran, and the Hub reports it as cancelled.")
        seen = f"{name} was {before.value.lower()} before it was cancelled, and {stage.value.lower()} after."
        return failed(CANCELLED, seen, "Open your jobs on Hugging Face, and stop it there if it runs.")


class _GpuCheck(_Check):
    """A job on a GPU: runs the operation that a training job runs first."""

    def checks(self, *, first: bool) -> Iterator[tuple[str, Callable[[], Finding]]]:
        """Yields the one check."""
        assert not first
        title = _gpu_title(self._planned)
        yield title, lambda: self._started(title, lambda: self._used(title))

    def _used(self, title: str) -> Finding:
        self._job.start(self._revision, GPU)
        line = self._job.wait(lambda line: line.startswith(("GPU: ", "error: ")), self._watcher.doing) or ""
        self._job.wait(None, self._watcher.doing)
        if self._job.stage == JobStage.COMPLETED and line.startswith("GPU: "):
            return passed(title, f"{line}. An operation in float16 is correct.")
        return failed(title, redact(f"The GPU could not be used.{self._job.log_end()}"), AGAIN)
