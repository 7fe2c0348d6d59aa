"""A report as lines of text."""

from __future__ import annotations

from backend.scoring import Report
from job_templates.cli import say


def say_report(name: str, report: Report) -> None:
    """Print the three accuracies, each on a line, with 95 % intervals and counts."""
    for label, rate in (("tool", report.tool), ("argument", report.argument), ("combined", report.combined)):
        if rate.value is None:
            say(f"{name:15} {label:9} –        (0 rows)")
        else:
            say(
                f"{name:15} {label:9} {rate.value:6.1%}  ({rate.k} of {rate.n} rows; 95 % interval {rate.low:.1%} to "
                f"{rate.high:.1%})"
            )
