"""The workload of a training, estimated from the tokens that the check counted."""

from __future__ import annotations

from backend.data import CheckReport
from backend.errors import InputError
from backend.jobs import Workload
from backend.runs import RunConfig


def trained_rows(report: CheckReport, config: RunConfig) -> int:
    """The estimated number of rows to train on, without the held-out rows."""
    return max(1, round(len(report.examples) * (1 - config.test_split)))


def workload(report: CheckReport, config: RunConfig) -> Workload:
    """The workload of a training on these rows. Raises InputError if the check counted no tokens."""
    budget = report.tokens
    if budget is None:
        raise InputError(f"The tokens of the rows were not counted. {report.tokens_error}".strip())
    return Workload.of(budget, trained_rows(report, config), config)
