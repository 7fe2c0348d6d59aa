"""Submits a run: one commit with everything that the job needs, then the job itself, exactly once."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, JobInfo, Volume

from backend.errors import InputError
from backend.hub import hub_errors
from backend.jobs.huggingface.deletion import FILE as FORGOTTEN
from backend.jobs.huggingface.errors import RAISED, error_reason, is_refusal
from backend.jobs.huggingface.remote import JobRef, Remote
from backend.runs import Run
from backend.runs.hub import prepare_repo

ROOT = Path(__file__).resolve().parents[3]
CODE = ("backend", "job_templates")
CODE_SUFFIXES = (".py", ".jinja", ".csv")
IMAGE = "ghcr.io/astral-sh/uv:python3.12-bookworm"
MOUNT = "/fgt"
ORDER = "job.json"
SCHEMA = 1
ENVIRONMENT = {
    "UV_NO_PROGRESS": "1",
    "TQDM_DISABLE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_XET": "1",
    "PYTHONUNBUFFERED": "1",
    "UV_HTTP_TIMEOUT": "300",
    "UV_HTTP_RETRIES": "5",
}
"""The environment variables of a job.

With uv's default of 30 seconds, jobs failed while they downloaded a large wheel (reported in July 2026). Large files
are sent by LFS, because Xet's errors have no status and cannot be distinguished.
"""
RUN_LABEL, STAGE_LABEL, ATTEMPT_LABEL = "fgt-run", "fgt-stage", "fgt-attempt"
SEARCH_DELAYS = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each search for a job whose submission got no answer: the job may appear a little later."""


class SubmissionUnknown(InputError):
    """It is unknown whether the job was started."""


def new_attempt() -> str:
    """Returns a random id that no other submission has."""
    return secrets.token_hex(8)


def commit_inputs(run: Run, stage: str, remote: Remote, attempt: str, extra: Sequence[str], token: str | None) -> str:
    """Writes the run, the code and the order to the run's dataset repository in one commit; returns its hash.

    The repository for the results is made too, so that a refusal comes before the job costs money. Raises InputError
    with the next step.
    """
    prepare_repo(remote.results_repo, token)
    api = HfApi(token=token or False)
    order = {
        "schema": SCHEMA,
        "run": run.id,
        "stage": stage,
        "attempt": attempt,
        "arguments": list(extra),
        "flavor": remote.flavor,
        "timeout_seconds": remote.timeout_seconds,
    }
    operations: list[CommitOperationAdd | CommitOperationDelete] = []
    operations += [CommitOperationAdd(ORDER, json.dumps(order, indent=2).encode())]
    operations += [CommitOperationAdd(name, path) for name, path in [*_inputs(run), *_code()]]
    with hub_errors(remote.inputs_repo, "send the run to", "dataset"):
        api.create_repo(remote.inputs_repo, repo_type="dataset", private=True, exist_ok=True)
        if remote.jobs and api.file_exists(remote.inputs_repo, FORGOTTEN, repo_type="dataset"):
            operations.append(CommitOperationDelete(FORGOTTEN))  # it was deleted in another copy of the app
        done = api.create_commit(
            remote.inputs_repo, operations, commit_message=f"Inputs of {run.id}: {stage}", repo_type="dataset"
        )
    return str(done.oid)


def _inputs(run: Run) -> list[tuple[str, Path]]:
    files = sorted(path for path in run.inputs.rglob("*") if path.is_file() and not path.is_symlink())
    return [("run.json", run.path / "run.json"), *((path.relative_to(run.path).as_posix(), path) for path in files)]


def _code() -> list[tuple[str, Path]]:
    return [
        (f"code/{path.relative_to(ROOT).as_posix()}", path)
        for folder in CODE
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in CODE_SUFFIXES and path.is_file() and not path.is_symlink()
    ]


def labels(run_id: str, stage: str, attempt: str) -> dict[str, str]:
    """Returns the labels by which a job is found again; they have only letters, digits, - and _."""
    return {RUN_LABEL: run_id, STAGE_LABEL: stage, ATTEMPT_LABEL: attempt}


def start_job(
    run: Run, stage: str, remote: Remote, attempt: str, revision: str, token: str, search_delays: Sequence[float]
) -> JobInfo:
    """Starts the job with one request, and searches for the job if no answer comes.

    The request is never sent twice, because a second job would be billed. The command line has no data of the user.
    Raises InputError if the job was not started.
    """
    command = ["uv", "run", f"{MOUNT}/code/job_templates/hub_job.py"]
    command += ["--run", MOUNT, "--stage", stage, "--results", remote.results_repo]
    try:
        return HfApi(token=token).run_job(
            image=IMAGE,
            command=command,
            env=ENVIRONMENT,
            secrets={"HF_TOKEN": token},
            flavor=remote.flavor,
            timeout=remote.timeout_seconds,
            name=f"fgt-{stage}",
            labels=labels(run.id, stage, attempt),
            volumes=[Volume(type="dataset", source=remote.inputs_repo, revision=revision, mount_path=MOUNT)],
            namespace=remote.namespace,
        )
    except RAISED as error:
        if is_refusal(error):
            raise InputError(f"The job was not started, and nothing is billed: {error_reason(error)}") from error
        found = find_job(attempt, remote.namespace, token, search_delays)
        if found is None:
            raise InputError(
                f"The job was not started: {error_reason(error)} No job of this attempt exists. Start it again."
            ) from error
        return found


def find_job(attempt: str, namespace: str, token: str | None, search_delays: Sequence[float]) -> JobInfo | None:
    """Returns the job with the attempt's label; None if no search finds it.

    `search_delays` are the seconds before each search. Raises SubmissionUnknown if the Hub's client reports an
    error after its own retries.
    """
    for wait in search_delays:
        time.sleep(wait)
        try:
            found = HfApi(token=token or False).list_jobs(namespace=namespace, labels={ATTEMPT_LABEL: attempt})
            for job in found:
                return job
        except RAISED as error:
            raise SubmissionUnknown(
                f"It is unknown whether the job was started: {error_reason(error)} The app searches for it again. Do "
                "not start it a second time."
            ) from error
    return None


def adopt(ref: JobRef, job: JobInfo) -> JobRef:
    """Returns the requested job with the id that the Hub gave it."""
    return JobRef(job.id, ref.attempt, ref.submitted, ref.namespace)
