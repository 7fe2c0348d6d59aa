"""Formats a report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backend.data.check.report import CheckReport
from backend.data.rows import LEAVE_OUT
from backend.data.text import FixPlan, count, escape, show
from backend.records import Issue

_EACH = 40
_HEADINGS = {"error": "Errors (must be fixed)", "warning": "Warnings", "info": "Notes"}
_FILES = {"csv": "CSV", "tools": "tools.json"}


def report_text(report: CheckReport) -> str:
    """Returns the whole report: issues by severity, rows per tool, and the verdict on the last line.

    All errors are listed. Of the warnings and notes with one code, the first 40 are listed and the rest is counted.
    """
    return "\n".join([*_issues(report), *_tools(report), *_verdict(report)])


def plan_lines(plan: FixPlan) -> Iterator[str]:
    """Yields one line for each change of a plan, including every dropped row, and a summary."""
    for change in plan.changes:
        place = f"{_FILES[change.file]} line {change.line}" + (f", {escape(change.column)}" if change.column else "")
        if change.dropped:
            yield f"{place} [{change.code}] row dropped: {show(change.before, 200)}"
        else:
            yield f"{place} [{change.code}] {show(change.before, 120)} becomes {show(change.after, 120)}"
    yield f"{count(len(plan.changes), 'change')}, {count(len(plan.dropped_lines), 'row')} dropped."


def _issues(report: CheckReport) -> Iterator[str]:
    originals = {row.line: row.original for row in report.table if row.original}
    for severity, heading in _HEADINGS.items():
        chosen = [issue for issue in report.issues if issue.severity == severity]
        if not chosen:
            continue
        yield f"{heading}: {len(chosen):,}"
        printed: dict[str, int] = {}
        for issue in chosen:
            printed[issue.code] = printed.get(issue.code, 0) + 1
            if severity == "error" or printed[issue.code] <= _EACH:
                yield from _lines(issue, originals)
        for code, number in printed.items():
            if severity != "error" and number > _EACH:
                yield f"  … and {count(number - _EACH, 'more issue')} of {code}; --json lists them all"
        yield ""


def _lines(issue: Issue, originals: Mapping[int, str]) -> Iterator[str]:
    original = originals.get(issue.line or 0) if issue.file == "csv" else None
    line = (f" line {issue.line}" if issue.line else "") + (f" (from {escape(original)})" if original else "")
    column = f", {escape(issue.column)}" if issue.column else ""
    yield f"  {_FILES[issue.file]}{line}{column} [{issue.code}] {issue.message}"
    if issue.fix:
        yield f"      fix: {issue.fix}"
    elif issue.way_out:
        how = f" (--fix --leave-out {issue.code})" if issue.way_out == LEAVE_OUT else ""
        yield f"      way out: {issue.way_out}{how}"


def _tools(report: CheckReport) -> Iterator[str]:
    if report.per_tool:
        yield "Rows per tool"
        width = max(map(len, report.per_tool))
        for name, number in report.per_tool.items():
            yield f"  {escape(name):<{width}}  {number:>6,}"
        yield ""


def _verdict(report: CheckReport) -> Iterator[str]:
    found = report.counts()
    summary = f"{count(report.rows, 'row')}, {count(len(report.tools), 'tool')}: "
    summary += ", ".join(
        [count(found["error"], "error"), count(found["warning"], "warning"), count(found["info"], "note")]
    )
    yield summary
    yield "Ready to train." if report.ok else "Not ready: fix the errors and check again."
