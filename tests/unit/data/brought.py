"""Files that people bring, checked and fixed in one call each; the kinds are those of shared/cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from backend.data import CheckOptions, CheckReport, check_files
from backend.data.fixing.fixing import FixPlan, plan_fixes
from tests.unit.data.builders import quoted, tool, write_files

OPTIONS = CheckOptions(declarations="none")
HEADER = "user_message,tool_calls\n"


def files(folder: Path, tools: Any, *cells: str) -> tuple[Path, Path]:
    said = zip(WORDS, cells, strict=False)
    rows = "".join(quoted(f"Row number {at} says {word}", cell) + "\n" for at, (word, cell) in enumerate(said))
    return write_files(folder, HEADER + rows, tools)


WORDS = ("jazz", "lamp", "york", "tea", "seven", "north")


def check(folder: Path, tools: Any, *cells: str) -> CheckReport:
    return check_files(*files(folder, tools, *cells), OPTIONS)


def fixed(folder: Path, tools: Any, *cells: str, codes: list[str] | None = None) -> FixPlan:
    return plan_fixes(*files(folder, tools, *cells), OPTIONS, codes)


def errors(report: CheckReport) -> set[str]:
    return {issue.code for issue in report.issues if issue.severity == "error" and not issue.code.startswith("set-")}


def after(folder: Path, plan: FixPlan) -> CheckReport:
    """The report on the fixed files, after a second fix changed nothing."""
    written = write_files(folder, plan.csv_text, plan.tools_text)
    assert plan_fixes(*written, OPTIONS).changes == () or plan.changes
    return check_files(*written, OPTIONS)


def parameters_of(plan: FixPlan, at: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan.tools_text)[at]["function"]["parameters"]
    return found


def book(properties: dict[str, Any], required: list[str], **more: Any) -> list[Any]:
    one = tool("book", "Book a table.", properties, required)
    one["function"]["parameters"] |= more
    return [one]
