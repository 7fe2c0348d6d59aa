"""Applies the fixers of messages and calls row by row, so that a message and its label are never separated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from backend.data.csv import CsvEditor, DraftRow
from backend.data.fixers import MessageFixer, ValuesFixer, follow_message, keeps_copies
from backend.data.rows import Inputs, Rule
from backend.data.text import CALLS, MESSAGE, Change

_ROUNDS = 8
_MESSAGE_RULES = {
    "calls-mojibake": "message-mojibake",
    "calls-invisible-character": "message-invisible-character",
    "calls-not-nfc": "message-not-nfc",
    "calls-outer-space": "message-outer-space",
    "calls-reserved-token": "message-reserved-token",
    "calls-control-character": "csv-control-character",
}
"""The rule on messages that is fixed with each rule on values."""


def with_message_rules(codes: Collection[str]) -> frozenset[str]:
    """Returns the codes, and for each rule on garbled values the code of the same rule on messages."""
    return frozenset(codes) | {_MESSAGE_RULES[code] for code in codes if code in _MESSAGE_RULES}


def fix_cells(
    draft: CsvEditor, rules: Collection[Rule], inputs: Inputs, selected: Callable[[int], bool]
) -> Iterator[Change]:
    """Applies the fixers of messages, of calls and of both, row by row, and yields their changes."""
    message_rules = [rule for rule in rules if rule.scope == "message"]
    call_rules = [rule for rule in rules if rule.scope in ("calls", "row")]
    for row in draft.readable():
        if selected(row.record.line):
            yield from _until_stable(draft, row, message_rules, inputs)
            yield from _until_stable(draft, row, call_rules, inputs)


def _until_stable(draft: CsvEditor, row: DraftRow, rules: list[Rule], inputs: Inputs) -> Iterator[Change]:
    """Applies the fixers to one row until none changes it, and yields their changes."""
    for _ in range(_ROUNDS if rules else 0):
        before = row.cells
        for rule in rules:
            yield from (
                _fix_message(draft, row, rule, inputs)
                if rule.scope == "message"
                else _fix_calls(draft, row, rule, inputs)
            )
        if row.cells == before:
            return


def _fix_message(draft: CsvEditor, row: DraftRow, rule: Rule, inputs: Inputs) -> Iterator[Change]:
    """Fixes a message, and the values that were copied from it; neither, if that would separate them."""
    text, calls = draft.cell(row, MESSAGE), draft.cell(row, CALLS)
    if not text or not isinstance(rule.fixer, MessageFixer):
        return
    fixed = rule.fixer(text, inputs) if any(finding.fix for finding in rule.check(text, inputs)) else text
    if fixed == text:
        return
    followed = follow_message(inputs.cell(calls), inputs.tools, text, fixed, rule.fixer.clean) if calls else calls
    if calls and followed is None:
        return
    yield Change("csv", row.record.line, MESSAGE, rule.code, text, fixed)
    draft.set_cell(row, MESSAGE, fixed)
    if calls and followed and followed != calls:
        yield Change("csv", row.record.line, CALLS, rule.code, calls, followed)
        draft.set_cell(row, CALLS, followed)


def _fix_calls(draft: CsvEditor, row: DraftRow, rule: Rule, inputs: Inputs) -> Iterator[Change]:
    """Fixes the calls of a row; a cleaned value must be in the message if the garbled one is."""
    message, calls = draft.cell(row, MESSAGE) or "", draft.cell(row, CALLS)
    if not calls or not rule.fixer:
        return
    cell = inputs.cell(calls)
    subject = (message, cell, inputs) if rule.scope == "row" else (cell, inputs)
    if not any(finding.fix for finding in rule.check(*subject)):
        return
    fixed: str = rule.fixer(*subject)
    garbled = isinstance(rule.fixer, ValuesFixer)
    if fixed != calls and (not garbled or keeps_copies(cell, inputs.cell(fixed), inputs.tools, message)):
        yield Change("csv", row.record.line, CALLS, rule.code, calls, fixed)
        draft.set_cell(row, CALLS, fixed)
