"""Filters of the problems: by severity, by rule, by tool."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backend.data import CheckReport
from backend.records import Issue

ALL = "all"
NAMES = {"error": "Errors", "warning": "Warnings", "info": "Notes"}
Choices = list[tuple[str, str]]
_ENTRY = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Filter:
    """The values of the three fields; `all` matches every problem."""

    severity: str = ALL
    code: str = ALL
    tool: str = ALL

    def pick(self, report: CheckReport) -> Sequence[Issue]:
        """The problems that match."""
        found = [
            issue
            for issue in report.issues
            if self.severity in (ALL, issue.severity) and self.code in (ALL, issue.code)
        ]
        return found if self.tool == ALL else _about(self.tool, found, report)


def severities(issues: Sequence[Issue]) -> Choices:
    """The severities that occur, with their counts."""
    counts = Counter(issue.severity for issue in issues)
    named = [(f"{name} {counts[severity]:,}", severity) for severity, name in NAMES.items() if counts[severity]]  # type: ignore[index] # the names are the severities
    return [(f"All {len(issues):,}", ALL), *named]


def codes(issues: Sequence[Issue]) -> Choices:
    """The codes of the rules that were broken, with their counts."""
    counts = Counter(issue.code for issue in issues)
    return [("All rules", ALL), *((f"{code} · {times:,}", code) for code, times in sorted(counts.items()))]


def tools(report: CheckReport) -> Choices:
    """The tools, by name."""
    return [("All tools", ALL), *((tool.name, tool.name) for tool in report.tools)]


def _about(tool: str, issues: Sequence[Issue], report: CheckReport) -> list[Issue]:
    """The problems in rows that call the tool, in its entry of tools.json, or that name it."""
    word = re.compile(rf"(?<![\w-]){re.escape(tool)}(?![\w-])")
    lines = {row.line for row in report.table if word.search(row.tool_calls)}
    names = [one.name for one in report.tools]

    def concerns(issue: Issue) -> bool:
        if issue.file == "tools":
            entry = _ENTRY.search(issue.column or "")
            own = entry and int(entry[1]) < len(names) and names[int(entry[1])] == tool
            return bool(own or word.search(issue.message))
        return issue.line in lines if issue.line is not None else bool(word.search(issue.message))

    return [issue for issue in issues if concerns(issue)]
