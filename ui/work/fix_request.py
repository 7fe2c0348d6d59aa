"""The fixes that a visitor requests: all safe ones, those of one rule, or one rule's on one line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from backend.data import CheckReport
from backend.data.fixing import ALL
from backend.data.rows import LEAVE_OUT as ROW_LEFT_OUT
from backend.data.rows import Rule
from backend.data.rules import all_rules
from backend.data.text import FixPlan, normal_message
from backend.records import Example, Issue

SAFE = "safe"
LEAVE_OUT = "leave-out"


@dataclass(frozen=True, slots=True)
class FixRequest:
    """`code` is None for all safe rules, `line` is None for all rows; `alike` are the lines with the same message.

    A rule on the set may drop another of the alike rows than the one that the problem was shown on. With `leave_out`,
    the rows with an error of the rule that has no fix are left out instead; `code` is then None for every rule.
    """

    code: str | None = None
    line: int | None = None
    alike: tuple[int, ...] = ()
    leave_out: bool = False

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The codes of the fixes to plan for, None for all safe ones."""
        if self.leave_out:
            return ()
        return None if self.code is None else (self.code,)

    @property
    def leave_out_codes(self) -> tuple[str, ...]:
        """The codes of the rules whose rows are left out."""
        return (self.code or ALL,) if self.leave_out else ()

    @property
    def rule(self) -> Rule | None:
        """The requested rule, None for several."""
        return {rule.code: rule for rule in all_rules()}.get(self.code or "")


def read_fix_request(text: str | None, report: CheckReport | None) -> FixRequest | None:
    """The request that a location's `fixing` names; None if it is not valid.

    It is `safe`, `CODE` or `CODE:LINE`, or `leave-out`, `leave-out:CODE` or `leave-out:CODE:LINE`.
    """
    if not text or report is None:
        return None
    if text == SAFE:
        return FixRequest()
    head, _, rest = text.partition(":")
    if head == LEAVE_OUT:
        return _leave_out_request(rest, report)
    rule = fixable().get(head)
    if rule is None or not (rule.safe or rule.batch or rest.isdecimal()):
        return None
    if not rest.isdecimal():
        return FixRequest(head)
    alike = _alike(report.examples, int(rest)) if rule.scope == "set" else ()
    return FixRequest(head, int(rest), alike)


def _leave_out_request(text: str, report: CheckReport) -> FixRequest | None:
    code, _, line = text.partition(":")
    known = {issue.code for issue in report.issues if issue.way_out == ROW_LEFT_OUT}
    if code and code not in known:
        return None
    return FixRequest(code or None, int(line) if line.isdecimal() else None, leave_out=True)


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


def rows_to_leave_out(issues: Iterable[Issue]) -> int:
    """The number of rows that have an error without a fix."""
    return len({issue.line for issue in issues if issue.way_out == ROW_LEFT_OUT})


def _alike(examples: Iterable[Example], line: int) -> tuple[int, ...]:
    """The lines of all rows whose message has the same normal form as the row on `line`."""
    by_line = {example.line: example.message for example in examples}
    if line not in by_line:
        return ()
    wanted = normal_message(by_line[line])
    return tuple(other for other, message in by_line.items() if normal_message(message) == wanted)
