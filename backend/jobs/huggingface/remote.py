"""The record of a run on Hugging Face: the order, its two repositories, and a job for each stage.

The record is in the run's remote.json. A run without that file exists only on this machine.
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
"""The characters that the Hub accepts in a label: letters, digits, - and _."""
WRITTEN = re.compile(r"[\w.:-]{1,200}(?:/[\w.-]{1,200})?", re.ASCII)
LAST_SECOND = 2.0**40
MIN_TIMEOUT_SECONDS = 60
MAX_TIMEOUT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class JobRef:
    """One job; `job_id` is None until the Hub has answered the submission.

    `attempt` is a random id of the submission, which is also a label of the job; `submitted` is in unix seconds.
    """

    job_id: str | None
    attempt: str
    submitted: float
    namespace: str = ""

    @property
    def url(self) -> str | None:
        """The address of the job's page on the Hub, None if the job has no id yet."""
        return f"{constants.ENDPOINT}/jobs/{self.namespace}/{self.job_id}" if self.job_id else None


@dataclass(frozen=True, slots=True)
class Remote:
    """The order of a run and its jobs by stage (train, evaluate, export, pipeline).

    `price_per_hour` is the machine's price in US dollars when the order was confirmed, None if it is not known.
    """

    namespace: str
    flavor: str
    timeout_seconds: int
    inputs_repo: str
    results_repo: str
    jobs: Mapping[str, JobRef] = field(default_factory=dict)
    price_per_hour: float | None = None

    @property
    def results_url(self) -> str:
        """The address of the private model repository for the results."""
        return f"{constants.ENDPOINT}/{self.results_repo}"

    @property
    def inputs_url(self) -> str:
        """The address of the private dataset repository with the inputs of the jobs."""
        return f"{constants.ENDPOINT}/datasets/{self.inputs_repo}"

    def with_job(self, stage: str, job: JobRef) -> Remote:
        """Returns the record with this job for the stage."""
        return replace(self, jobs={**self.jobs, stage: job})

    def to_dict(self) -> dict[str, Any]:
        """Returns the record as one JSON object."""
        return {"schema": SCHEMA, **asdict(self)}


def repo_names(run_id: str, namespace: str) -> tuple[str, str]:
    """Returns the names of the run's dataset repository for inputs and of its model repository for results."""
    return f"{namespace}/fgt-{run_id}-inputs", f"{namespace}/fgt-{run_id}"


def write_order(
    run: Run, namespace: str, flavor: str, timeout_seconds: int, price_per_hour: float | None = None
) -> Remote:
    """Writes the order that the user confirmed for the run's next jobs; the record keeps its earlier jobs.

    Raises InputError if a value is not allowed, or the run belongs to another account.
    """
    if not NAMESPACE.fullmatch(namespace) or len(namespace) > 42:
        raise InputError(f"{namespace[:80]!r} is not the name of an account on Hugging Face.")
    if not WORD.fullmatch(flavor):
        raise InputError(f"{flavor[:80]!r} is not the name of a machine. Choose one from the list.")
    if not WORD.fullmatch(run.id):
        raise InputError(f"The run's id {run.id[:80]!r} cannot be a label on Hugging Face. Make a new run.")
    if not MIN_TIMEOUT_SECONDS <= timeout_seconds <= MAX_TIMEOUT_SECONDS:
        raise InputError(
            f"A job's time limit must be from {MIN_TIMEOUT_SECONDS} seconds to 7 days, not {timeout_seconds} seconds."
        )
    before = read_remote(run)
    if before and before.namespace != namespace:
        raise InputError(
            f"Run {run.name!r} belongs to {before.namespace} on Hugging Face. Log in to that account or make a new run."
        )
    inputs, results = repo_names(run.id, namespace)
    jobs = before.jobs if before else {}
    remote = Remote(namespace, flavor, int(timeout_seconds), inputs, results, jobs, price_per_hour)
    write_remote(run, remote)
    return remote


def write_remote(run: Run, remote: Remote) -> None:
    """Writes the record. Raises InputError if the disk is full or the run was deleted."""
    if not run.path.is_dir():
        raise InputError(f"Run {run.name!r} was deleted. Choose a run from the list.")
    write_json(run.path / FILE, remote.to_dict())


def read_remote(run: Run) -> Remote | None:
    """Returns the run's record, None if the run is not on Hugging Face. Raises InputError if the file is damaged."""
    path = run.path / FILE
    if not os.path.lexists(path):
        return None
    try:
        return _parsed(Field(str(path), read_json(path)))
    except (InputError, OSError) as error:
        words = error.what if isinstance(error, Damaged) else str(error)
        damage = words.removeprefix(f"{path} is ").removeprefix("damaged: ")[:200]
        raise InputError(f"{path} is damaged ({damage}). Remove it, then search for your runs again.") from error


def _parsed(record: Field) -> Remote:
    """Returns the typed record. Raises InputError with the first field that is wrong."""
    names = ("namespace", "flavor", "inputs_repo", "results_repo")
    seconds = record["timeout_seconds"].count()
    if not MIN_TIMEOUT_SECONDS <= seconds <= MAX_TIMEOUT_SECONDS:
        raise record["timeout_seconds"].damage("from a minute to a week")
    jobs = {
        _text(Field(record.source, stage, record, "jobs")): _job(job) for stage, job in record["jobs"].items().items()
    }
    price = record.optional("price_per_hour", Field.number)
    if price is not None and price < 0:
        raise record["price_per_hour"].damage("a price of at least 0")
    texts = {name: _text(record[name]) for name in names}
    return Remote(**texts, timeout_seconds=seconds, jobs=jobs, price_per_hour=price)


def _job(record: Field) -> JobRef:
    submitted = record["submitted"].number()
    if not 0 <= submitted <= LAST_SECOND:
        raise record["submitted"].damage("a moment in unix seconds")
    namespace = record.optional("namespace", lambda field: _text(field) if field.value != "" else "")
    job_id = None if record["job_id"].value is None else _text(record["job_id"])
    return JobRef(job_id, _text(record["attempt"]), float(submitted), namespace or "")


def _text(field: Field) -> str:
    """Returns the text of a name. Raises InputError if it has characters that names cannot have."""
    if not WRITTEN.fullmatch(field.text()):
        raise field.damage("a name with letters, digits, '.', ':', '_', '-' and one '/'")
    return field.text()


def new_job(namespace: str, attempt: str) -> JobRef:
    """Returns a requested job that has no id yet."""
    return JobRef(None, attempt, time.time(), namespace)
