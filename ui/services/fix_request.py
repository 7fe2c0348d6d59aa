"""Which fixes a visitor asks for: all safe ones, those of one rule, or that of one rule on one line."""

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
    """`code` None stands for all safe rules; `line` None for all rows; `alike` are the lines of rows with its message.

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
        """The one rule whose fix is wanted."""
        return mendable().get(self.code or "")


def read_fix_request(text: str | None, report: CheckReport | None) -> FixRequest | None:
    """The request that a location's `fixing` names (`safe`, `CODE` or `CODE:LINE`); None if it is not valid."""
    if not text or report is None:
        return None
    if text == SAFE:
        return FixRequest()
    code, _, line = text.partition(":")
    rule = mendable().get(code)
    if rule is None or not (rule.safe or line.isdecimal()):
        return None
    if not line.isdecimal():
        return FixRequest(code)
    alike = _alike(report.examples, int(line)) if rule.scope == "set" else ()
    return FixRequest(code, int(line), alike)


def plan_fix_request(request: FixRequest, plan: Callable[[Collection[int] | None], FixPlan]) -> FixPlan:
    """Plan the fix of the requested line; if that changes nothing, of all rows with the same message."""
    found = plan(None if request.line is None else (request.line,))
    return plan(request.alike) if not found.changes and request.alike else found


def mendable() -> dict[str, Rule]:
    """The rules that have a fix, by code."""
    return {rule.code: rule for rule in all_rules() if rule.fixer}


def safely_fixable(issues: Iterable[Issue]) -> int:
    """How many of the problems have a fix that never changes what a row means."""
    safe = {code for code, rule in mendable().items() if rule.safe}
    return sum(bool(issue.fix) and issue.code in safe for issue in issues)


def _alike(examples: Iterable[Example], line: int) -> tuple[int, ...]:
    """The lines of all rows that say, in normal form, what the row on that line says."""
    by_line = {example.line: example.message for example in examples}
    if line not in by_line:
        return ()
    wanted = normal_message(by_line[line])
    return tuple(other for other, message in by_line.items() if normal_message(message) == wanted)
