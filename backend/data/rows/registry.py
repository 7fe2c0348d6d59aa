"""The registry of rules: the scope, severity and fixer of each.

A rule is one small pure function with the decorator below; a new rule changes only its module and its test.
`python -m backend.data.rules.document` generates docs/rules.md from the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from backend.data.rows.ways_out import way_out
from backend.data.text import escape
from backend.records import Issue, IssueFile, Severity

Scope = Literal["csv", "message", "calls", "row", "set", "tokens", "tools", "values"]
SCOPES: dict[Scope, str] = {
    "csv": "The CSV file",
    "message": "The user_message column",
    "calls": "The tool_calls column",
    "row": "The message compared with its calls",
    "set": "The set of rows",
    "tokens": "Tokens",
    "tools": "tools.json",
    "values": "tools.json compared with the rows",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a rule. Omitted fields come from the rule and the row that it checked.

    `fix` describes what the rule's fixer does; it is None if the fixer does not fix this finding.
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
    """One rule; `explanation` says why it matters, `safe` whether its fixer never changes the meaning of a row.

    `batch` says of fixes that are not safe whether they can be chosen all at once, and `fixes_tools` of a rule on the
    set whether its fixer changes tools.json. `odd_only` says that it finds nothing in a plain message
    (backend/data/rules/plain_messages.py), nor, of a rule on rows, in one with a plain cell.
    """

    code: str
    scope: Scope
    severity: Severity
    title: str
    explanation: str
    check: Check
    fixer: Fixer | None = None
    safe: bool = True
    batch: bool = False
    fixes_tools: bool = False
    odd_only: bool = False

    @property
    def file(self) -> IssueFile:
        """The file that the rule's findings belong to."""
        return "tools" if self.scope in ("tools", "values") else "csv"

    @property
    def fixed_file(self) -> IssueFile:
        """The file that the rule's fixer changes."""
        return "tools" if self.fixes_tools else self.file

    @property
    def way_out(self) -> str:
        """What leads out of an error of this rule that has no fix, on a line of the file."""
        return way_out(self.code, self.scope, 1)

    def issue(self, finding: Finding, line: int | None = None, column: str | None = None) -> Issue:
        """Returns the finding as an issue; `line` and `column` are used if the finding has none."""
        severity, place = finding.severity or self.severity, finding.line if finding.line is not None else line
        return Issue(
            severity,
            self.code,
            self.file,
            place,
            escape(finding.column) if finding.column is not None else column,
            escape(finding.message),
            escape(finding.fix) if finding.fix else None,
            None if finding.fix or severity != "error" else way_out(self.code, self.scope, place),
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
    batch: bool = False,
    fixes_tools: bool = False,
    odd_only: bool = False,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as the rule `code`.

    By scope it is called with: csv, tools: (Inputs) · message: (text, Inputs) · calls: (CallsCell, Inputs) ·
    row: (text, CallsCell, Inputs) · set, values: (SetView) · tokens: (SetView, TokenBudget). Fixers are described in
    backend/data/fixing/fixing.py.
    """

    def register(check: CheckFunction) -> CheckFunction:
        if code in RULES:
            raise ValueError(f"Two rules are called {code!r}.")
        RULES[code] = Rule(code, scope, severity, title, explanation, check, fixer, safe, batch, fixes_tools, odd_only)
        return check

    return register
