"""Plans fixes: which fixers apply, in which order, and the texts of both files after them.

A rule's fixer is called by its scope: csv: (CsvEditor) -> changes · message: (text, Inputs) -> text · calls:
(CallsCell, Inputs) -> text · row: (message, CallsCell, Inputs) -> text of the calls · set: (SetView) -> pairs of (line
that stays, line dropped) · tools: (Inputs) -> JSON, or Together with the change of the calls in the rows · values:
(SetView, whether a line of tools.json is selected) -> pairs of (path in tools.json, new schema).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from backend.data.csv import CsvEditor
from backend.data.fixers import CallChange, changed_calls, keep_first_rows, plan_tools, replace_schemas
from backend.data.fixing.cells import fix_cells, with_message_rules
from backend.data.fixing.leaving_out import leave_out, rows_left_out, view_of
from backend.data.rows import Inputs, Rule, Scope, read_inputs
from backend.data.rules import all_rules
from backend.data.text import CALLS, MAX_ROWS, Change, CheckOptions, FixPlan
from backend.data.tools import ToolsFile
from backend.errors import InputError

__all__ = ["Change", "FixPlan", "plan_fixes", "safe_codes"]

_ALWAYS = ("csv-not-utf8", "csv-bom")
"""Fixes that always apply, because every file is written as UTF-8."""


def safe_codes() -> tuple[str, ...]:
    """Returns the codes of the rules whose fixes never change the meaning of a row."""
    return tuple(rule.code for rule in all_rules() if rule.fixer and rule.safe)


def plan_fixes(
    dataset: Path,
    tools: Path,
    options: CheckOptions | None = None,
    codes: Collection[str] | None = None,
    lines: Collection[int] | None = None,
    leave_out_codes: Collection[str] = (),
) -> FixPlan:
    """Plans the fixes of the rules called `codes`, by default of all safe ones; writes nothing.

    `lines` limits the fixes to the rows that begin on these lines of the CSV, and those of the scope `values` to the
    arguments on these lines of tools.json. After the fixes, the rows that still have an error of the rules called
    `leave_out_codes` ("all" means every rule) without a fix are dropped. Raises InputError if the CSV cannot be read,
    or if a code is unknown or has no fixer.
    """
    inputs = read_inputs(dataset, tools, options or CheckOptions())
    rules, left_out = _chosen(codes), rows_left_out(leave_out_codes)
    _refuse_unreadable(inputs, rules)
    changes, planned = plan_tools(inputs, _of(rules, "tools"))
    fixed_tools = replace(inputs, tools_file=planned.file, cells={})
    draft = CsvEditor(inputs.table)
    selected = _Selection(lines)
    changes += _fix_file(draft, rules, selected)
    changes += _change_calls(draft, planned.changes_of_calls, inputs)
    changes += fix_cells(draft, rules, fixed_tools, selected)
    changes += leave_out(draft, left_out, fixed_tools, selected)
    changes += _drop_rows(draft, rules, fixed_tools, selected)
    tools_changes, tools_file = _fix_by_rows(draft, rules, fixed_tools, selected)
    changes += tools_changes
    changes.sort(key=lambda change: (change.file != "tools", change.line))
    return FixPlan(tuple(changes), draft.text(), tools_file.source.text)


class _Selection:
    """The lines that are to be fixed."""

    def __init__(self, lines: Collection[int] | None) -> None:
        self._lines = None if lines is None else frozenset(lines)

    def __call__(self, line: int) -> bool:
        return self._lines is None or line in self._lines


def _refuse_unreadable(inputs: Inputs, rules: list[Rule]) -> None:
    source = inputs.table.source
    if not source.readable:
        why = source.problem or (f"it is {source.kind}" if source.kind else "it is over the size limit")
        raise InputError(f"The CSV {source.path.name} cannot be fixed: {why}. Give a CSV in UTF-8.")
    if inputs.table.cut_at is not None and [rule.fixer for rule in rules] != [keep_first_rows]:
        raise InputError(
            f"The CSV {source.path.name} has more than {MAX_ROWS:,} rows, so it was not read to its end and cannot be "
            "fixed. Apply the fix of csv-too-many-rows first."
        )


def _chosen(codes: Collection[str] | None) -> list[Rule]:
    """Returns the rules to apply, in registry order. Raises InputError if a code has no fixer."""
    fixable = {rule.code: rule for rule in all_rules() if rule.fixer}
    for code in codes or ():
        if code not in fixable:
            raise InputError(f"There is no fix for {code!r}. There are fixes for: {', '.join(fixable)}.")
    chosen = None if codes is None else with_message_rules(codes)
    return [rule for rule in fixable.values() if (rule.safe if chosen is None else rule.code in chosen)]


def _of(rules: list[Rule], scope: Scope) -> list[Rule]:
    return [rule for rule in rules if rule.scope == scope]


def _fix_file(draft: CsvEditor, rules: list[Rule], selected: _Selection) -> list[Change]:
    """Applies the fixers of the CSV file and returns their changes."""
    extra = [rule for rule in all_rules() if rule.code in _ALWAYS and rule not in rules]
    return [
        replace(change, code=rule.code)
        for rule in [*extra, *_of(rules, "csv")]
        if rule.fixer
        for change in rule.fixer(draft, selected)
    ]


def _change_calls(draft: CsvEditor, changes: Sequence[tuple[str, CallChange]], inputs: Inputs) -> Iterator[Change]:
    """Changes the calls of all rows as tools.json was changed, and yields the changes."""
    for row in draft.readable() if changes else ():
        for code, change in changes:
            text = draft.cell(row, CALLS)
            changed = changed_calls(inputs.cell(text), change) if text else None
            if text and changed and changed != text:
                draft.set_cell(row, CALLS, changed)
                yield Change("csv", row.record.line, CALLS, code, text, changed)


def _drop_rows(draft: CsvEditor, rules: list[Rule], inputs: Inputs, selected: _Selection) -> Iterator[Change]:
    """Drops the rows that the fixers of the set name, and yields each with its cells."""
    for rule in [rule for rule in _of(rules, "set") if not rule.fixes_tools]:
        view, rows, _ = view_of(draft, inputs)
        for _, line in list(rule.fixer(view)) if rule.fixer else ():
            row = rows[line]
            if not row.dropped and selected(row.record.line):
                row.dropped = True
                yield Change("csv", row.record.line, None, rule.code, " | ".join(row.cells), "", dropped=True)


def _fix_by_rows(
    draft: CsvEditor, rules: list[Rule], inputs: Inputs, selected: _Selection
) -> tuple[list[Change], ToolsFile]:
    """Applies the fixers of tools.json that follow from the rows; returns their changes and the fixed file."""
    changes: list[Change] = []
    for rule in [*_of(rules, "values"), *(rule for rule in rules if rule.fixes_tools)]:
        view, _, _ = view_of(draft, inputs)
        found, file = replace_schemas(rule.code, inputs.tools_file, rule.fixer(view, selected) if rule.fixer else ())
        changes += found
        inputs = replace(inputs, tools_file=file, cells={})
    return changes, inputs.tools_file
