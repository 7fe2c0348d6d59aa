"""The report of a check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.data.rows import TokenBudget
from backend.records import Example, Issue, Tool

_GRAVITY = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row as read, for display; `original` is the place of an imported row in its original file."""

    line: int
    user_message: str
    tool_calls: str
    original: str = ""


@dataclass(frozen=True)
class CheckReport:
    """The result of a check. `rows` counts every data row; `examples` are the rows without an error of their own.

    `tokens_error` is a sentence: why `tokens` is None although there are rows.
    """

    rows: int
    tools: tuple[Tool, ...]
    examples: tuple[Example, ...]
    issues: tuple[Issue, ...]
    per_tool: Mapping[str, int]
    tokens: TokenBudget | None
    table: tuple[TableRow, ...]
    tokens_error: str = ""

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(issue.severity == "error" for issue in self.issues)

    def counts(self) -> Counter[str]:
        """The number of issues by severity."""
        return Counter(issue.severity for issue in self.issues)

    def to_json(self) -> dict[str, Any]:
        """Returns the JSON object that `validate.py --json` prints."""
        return {
            "ok": self.ok,
            "rows": self.rows,
            "tools": len(self.tools),
            "issues": [issue.to_dict() for issue in self.issues],
            "per_tool": dict(self.per_tool),
            "tokens": self.tokens.to_json() if self.tokens else {},
        }


def in_order(issues: list[Issue]) -> tuple[Issue, ...]:
    """Returns the issues sorted by severity, then by file and line."""
    return tuple(
        sorted(issues, key=lambda issue: (_GRAVITY[issue.severity], issue.file != "tools", issue.line or 0, issue.code))
    )
