"""What is known of a run's life on Hugging Face: the order, its two repositories, and a job for each stage.

It stands in the run's remote.json. A run without one lives on this machine alone.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from huggingface_hub import constants

from backend.document import Damaged, Field
from backend.errors import InputError
from backend.files import read_json, write_json
from backend.runs import Run

SCHEMA = 1
FILE = "remote.json"
NAMESPACE = re.compile(r"[A-Za-z0-9](?:[\w-]*\w)?", re.ASCII)
WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""What the Hub takes in a label: letters, digits, - and _."""
WRITTEN = re.compile(r"[\w.:-]{1,200}(?:/[\w.-]{1,200})?", re.ASCII)
LAST_SECOND = 2.0**40
MIN_TIMEOUT_SECONDS = 60
MAX_TIMEOUT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class JobRef:
    """One job; `job_id` is None from the moment it is wanted until the Hub has named it.

    `attempt` is a fresh word for each submission, which the job carries as a label; `submitted` is in unix seconds.
    """

    job_id: str | None
    attempt: str
    submitted: float
    namespace: str = ""

    @property
    def url(self) -> str | None:
        """The job's page on the Hub, None where it has no id yet."""
        return f"{constants.ENDPOINT}/jobs/{self.namespace}/{self.job_id}" if self.job_id else None


@dataclass(frozen=True, slots=True)
class Remote:
    """The order of a run and its jobs by stage (train, evaluate, export, pipeline)."""

    namespace: str
    flavor: str
    timeout_seconds: int
    inputs_repo: str
    results_repo: str
    jobs: Mapping[str, JobRef] = field(default_factory=dict)

    @property
    def results_url(self) -> str:
        """The page of the private model repository that the results go to."""
        return f"{constants.ENDPOINT}/{self.results_repo}"

    @property
    def inputs_url(self) -> str:
        """The page of the private dataset repository that holds what the jobs were given."""
        return f"{constants.ENDPOINT}/datasets/{self.inputs_repo}"

    def with_job(self, stage: str, job: JobRef) -> Remote:
        """The same with this job for the stage."""
        return replace(self, jobs={**self.jobs, stage: job})

    def to_dict(self) -> dict[str, Any]:
        """The record as one JSON object."""
        return {"schema": SCHEMA, **asdict(self)}


def repo_names(run_id: str, namespace: str) -> tuple[str, str]:
    """The run's dataset repository for inputs and its model repository for results."""
    return f"{namespace}/fgt-{run_id}-inputs", f"{namespace}/fgt-{run_id}"


def write_order(run: Run, namespace: str, flavor: str, timeout_seconds: int) -> Remote:
    """Write what the user confirmed for the run's next jobs; jobs that it already had stay known. InputError."""
    if not NAMESPACE.fullmatch(namespace) or len(namespace) > 42:
        raise InputError(f"{namespace[:80]!r} is not the name of an account on Hugging Face.")
    if not WORD.fullmatch(flavor):
        raise InputError(f"{flavor[:80]!r} is not the name of a machine. Pick one from the list.")
    if not WORD.fullmatch(run.id):
        raise InputError(f"The run's id {run.id[:80]!r} cannot be a label on Hugging Face. Make a new run.")
    if not MIN_TIMEOUT_SECONDS <= timeout_seconds <= MAX_TIMEOUT_SECONDS:
        raise InputError(
            f"A job's time limit must be from {MIN_TIMEOUT_SECONDS} seconds to 7 days, not {timeout_seconds} seconds."
        )
    before = read_remote(run)
    if before and before.namespace != namespace:
        raise InputError(
            f"Run {run.name!r} belongs to {before.namespace} on Hugging Face. Log in as that, or make a new run."
        )
    inputs, results = repo_names(run.id, namespace)
    remote = Remote(namespace, flavor, int(timeout_seconds), inputs, results, before.jobs if before else {})
    write_remote(run, remote)
    return remote


def write_remote(run: Run, remote: Remote) -> None:
    """Write the record; InputError where the disk is full, or the run was deleted."""
    if not run.path.is_dir():
        raise InputError(f"Run {run.name!r} was deleted. Pick a run from the list.")
    write_json(run.path / FILE, remote.to_dict())


def read_remote(run: Run) -> Remote | None:
    """The run's record, None if it was never meant for Hugging Face; InputError if the file is damaged."""
    path = run.path / FILE
    if not os.path.lexists(path):
        return None
    try:
        return _parsed(Field(str(path), read_json(path)))
    except (InputError, OSError) as error:
        words = error.what if isinstance(error, Damaged) else str(error)
        said = words.removeprefix(f"{path} is ").removeprefix("damaged: ")[:200]
        raise InputError(f"{path} is damaged ({said}). Remove it, then look for your runs again.") from error


def _parsed(record: Field) -> Remote:
    """The record in its types; InputError naming what is wrong."""
    names = ("namespace", "flavor", "inputs_repo", "results_repo")
    seconds = record["timeout_seconds"].count()
    if not MIN_TIMEOUT_SECONDS <= seconds <= MAX_TIMEOUT_SECONDS:
        raise record["timeout_seconds"].damage("from a minute to a week")
    jobs = {
        _text(Field(record.source, stage, record, "jobs")): _job(job) for stage, job in record["jobs"].items().items()
    }
    return Remote(**{name: _text(record[name]) for name in names}, timeout_seconds=seconds, jobs=jobs)


def _job(record: Field) -> JobRef:
    submitted = record["submitted"].number()
    if not 0 <= submitted <= LAST_SECOND:
        raise record["submitted"].damage("a moment in unix seconds")
    namespace = record.optional("namespace", lambda field: _text(field) if field.value != "" else "")
    job_id = None if record["job_id"].value is None else _text(record["job_id"])
    return JobRef(job_id, _text(record["attempt"]), float(submitted), namespace or "")


def _text(field: Field) -> str:
    """The text itself, if it is one that this program or the Hub writes; InputError."""
    if not WRITTEN.fullmatch(field.text()):
        raise field.damage("a name, such as this program or the Hub writes it")
    return field.text()


def new_job(namespace: str, attempt: str) -> JobRef:
    """A job that is wanted and has no id yet."""
    return JobRef(None, attempt, time.time(), namespace)
