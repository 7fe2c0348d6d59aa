"""What a training on checked rows computes, by the tokens that the check counted."""

from __future__ import annotations

from backend.data import CheckReport
from backend.errors import InputError
from backend.jobs import Workload
from backend.runs import RunConfig


def trained_rows(report: CheckReport, config: RunConfig) -> int:
    """About how many rows are left to train on, besides those held out."""
    return max(1, round(len(report.examples) * (1 - config.test_split)))


def workload(report: CheckReport, config: RunConfig) -> Workload:
    """What training on these rows computes, by the tokens that the check counted; InputError if it counted none."""
    budget = report.tokens
    if budget is None:
        raise InputError(f"The tokens of the rows were not counted. {report.tokens_error}".strip())
    longest_message = budget.prompt_tokens[budget.declarations] - budget.prefix
    return Workload(
        rows=trained_rows(report, config),
        prefix=budget.prompt_tokens[config.declarations] - longest_message,
        row_tokens=sum(budget.lengths) / len(budget.lengths) - budget.prefix,
    )
