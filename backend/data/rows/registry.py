"""The registry of rules: what each looks at, how grave it is, and how it is mended.

A rule is one small pure function under one of the decorators below; adding one touches the file it stands in and its
test. `python -m backend.data.rules.document` writes docs/rules.md from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from backend.data.text import escape
from backend.records import Issue, IssueFile, Severity

Scope = Literal["csv", "message", "calls", "set", "tokens", "tools"]
SCOPES: dict[Scope, str] = {
    "csv": "The CSV file",
    "message": "The user_message column",
    "calls": "The tool_calls column",
    "set": "The set of rows",
    "tokens": "Tokens",
    "tools": "tools.json",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule saw. What is left out comes from the rule and the row it was asked about.

    `fix` is given only where the rule's fixer mends this very finding, and says what it does.
    """

    message: str
    line: int | None = None
    column: str | None = None
    fix: str | None = None
    severity: Severity | None = None


Check = Callable[..., Iterable[Finding]]
Fixer = Callable[..., Any]
CheckFunction = TypeVar("CheckFunction", bound=Check)


@dataclass(frozen=True)
class Rule:
    """One rule: `explanation` says why it matters; `safe` that its fixer never changes what a row means."""

    code: str
    scope: Scope
    severity: Severity
    title: str
    explanation: str
    check: Check
    fixer: Fixer | None = None
    safe: bool = True

    @property
    def file(self) -> IssueFile:
        """The file that the rule's findings stand in."""
        return "tools" if self.scope == "tools" else "csv"

    def issue(self, finding: Finding, line: int | None = None, column: str | None = None) -> Issue:
        """The finding as an issue; `line` and `column` fill in what it leaves open."""
        return Issue(
            finding.severity or self.severity,
            self.code,
            self.file,
            finding.line if finding.line is not None else line,
            escape(finding.column) if finding.column is not None else column,
            escape(finding.message),
            escape(finding.fix) if finding.fix else None,
        )


RULES: dict[str, Rule] = {}
"""The rules that are registered so far; backend.data.rules has them all."""


def rule(
    code: str,
    scope: Scope,
    severity: Severity,
    title: str,
    explanation: str,
    fixer: Fixer | None = None,
    *,
    safe: bool = True,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as the rule `code`.

    By scope it is called with: csv, tools: (Inputs) · message: (text, Inputs) · calls: (CallsCell, Inputs) ·
    set: (SetView) · tokens: (SetView, TokenBudget). Fixers are described in backend/data/fixing/fixing.py.
    """

    def register(check: CheckFunction) -> CheckFunction:
        if code in RULES:
            raise ValueError(f"Two rules are called {code!r}.")
        RULES[code] = Rule(code, scope, severity, title, explanation, check, fixer, safe)
        return check

    return register
