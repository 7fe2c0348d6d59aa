"""The fixes that a visitor requests: all safe ones, those of one rule, or one rule's on one line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from backend.data import CheckReport
from backend.data.rows import Rule
from backend.data.rules import all_rules
from backend.data.text import FixPlan, normal_message
from backend.records import Example, Issue

SAFE = "safe"


@dataclass(frozen=True, slots=True)
class FixRequest:
    """`code` is None for all safe rules, `line` is None for all rows; `alike` are the lines with the same message.

    A rule on the set may drop another of the alike rows than the one that the problem was shown on.
    """

    code: str | None = None
    line: int | None = None
    alike: tuple[int, ...] = ()

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The codes to plan for, None for all safe ones."""
        return None if self.code is None else (self.code,)

    @property
    def rule(self) -> Rule | None:
        """The requested rule, None for all safe ones."""
        return fixable().get(self.code or "")


def read_fix_request(text: str | None, report: CheckReport | None) -> FixRequest | None:
    """The request that a location's `fixing` names (`safe`, `CODE` or `CODE:LINE`); None if it is not valid."""
    if not text or report is None:
        return None
    if text == SAFE:
        return FixRequest()
    code, _, line = text.partition(":")
    rule = fixable().get(code)
    if rule is None or not (rule.safe or rule.batch or line.isdecimal()):
        return None
    if not line.isdecimal():
        return FixRequest(code)
    alike = _alike(report.examples, int(line)) if rule.scope == "set" else ()
    return FixRequest(code, int(line), alike)


def plan_fix_request(request: FixRequest, plan: Callable[[Collection[int] | None], FixPlan]) -> FixPlan:
    """Plan the fix of the requested line; if that changes nothing, of all rows with the same message."""
    found = plan(None if request.line is None else (request.line,))
    return plan(request.alike) if not found.changes and request.alike else found


def fixable() -> dict[str, Rule]:
    """The rules that have a fix, by code."""
    return {rule.code: rule for rule in all_rules() if rule.fixer}


def safely_fixable(issues: Iterable[Issue]) -> int:
    """The number of problems with a fix that never changes a row's meaning."""
    safe = {code for code, rule in fixable().items() if rule.safe}
    return sum(bool(issue.fix) and issue.code in safe for issue in issues)


def _alike(examples: Iterable[Example], line: int) -> tuple[int, ...]:
    """The lines of all rows whose message has the same normal form as the row on `line`."""
    by_line = {example.line: example.message for example in examples}
    if line not in by_line:
        return ()
    wanted = normal_message(by_line[line])
    return tuple(other for other, message in by_line.items() if normal_message(message) == wanted)
