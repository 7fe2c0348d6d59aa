"""Planning fixes: which rules' fixers apply, in which order, and what both files look like afterwards.

A rule's fixer is called by its scope: csv: (CsvEditor) -> changes · message: (text, Inputs) -> text · calls:
(CallsCell, Inputs) -> text · set: (SetView) -> pairs of (line kept, line dropped) · tools: (ToolsFile) -> JSON value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from backend.data.check import check_rows, sound_examples
from backend.data.csv import CsvEditor, DraftRow, table_from
from backend.data.fixers import plan_tools, renamed_calls
from backend.data.rows import Inputs, Rule, Scope, SetView, read_inputs
from backend.data.rules import all_rules
from backend.data.text import CALLS, MAX_ROWS, MESSAGE, Change, CheckOptions, FixPlan
from backend.errors import InputError

__all__ = ["Change", "FixPlan", "plan_fixes", "safe_codes"]

_ROUNDS = 8
_ALWAYS = ("csv-not-utf8", "csv-bom")
"""Fixes that writing a text as UTF-8 brings along, whichever were asked for."""


def safe_codes() -> tuple[str, ...]:
    """The codes of the rules whose fixes never change what a row means."""
    return tuple(rule.code for rule in all_rules() if rule.fixer and rule.safe)


def plan_fixes(
    dataset: Path,
    tools: Path,
    options: CheckOptions | None = None,
    codes: Collection[str] | None = None,
    lines: Collection[int] | None = None,
) -> FixPlan:
    """Plan the fixes of the rules called `codes`, by default of all safe ones; nothing is written.

    `lines` keeps to the rows that begin on these lines of the CSV. Raises InputError where the CSV cannot be read at
    all, or where a code is unknown or has no fixer.
    """
    inputs = read_inputs(dataset, tools, options or CheckOptions())
    _refuse_unreadable(inputs)
    rules = _chosen(codes)
    changes, planned = plan_tools(inputs, _of(rules, "tools"))
    fixed_tools = replace(inputs, tools_file=planned.file, cells={})
    draft = CsvEditor(inputs.table)
    wanted = _Wanted(lines)
    changes += _fix_file(draft, rules, wanted)
    changes += _rename(draft, planned.renames, fixed_tools)
    changes += _fix_cells(draft, rules, fixed_tools, wanted)
    changes += _drop_rows(draft, rules, fixed_tools, wanted)
    changes.sort(key=lambda change: (change.file != "tools", change.line))
    return FixPlan(tuple(changes), draft.text(), planned.text)


class _Wanted:
    """Which rows are to be mended."""

    def __init__(self, lines: Collection[int] | None) -> None:
        self._lines = None if lines is None else frozenset(lines)

    def __call__(self, line: int) -> bool:
        return self._lines is None or line in self._lines


def _refuse_unreadable(inputs: Inputs) -> None:
    source = inputs.table.source
    if not source.readable:
        why = source.trouble or (f"it is {source.kind}" if source.kind else "it is over the size limit")
        raise InputError(f"The CSV {source.path.name} cannot be mended: {why}. Give a CSV in UTF-8.")
    if inputs.table.cut_at is not None:
        raise InputError(
            f"The CSV {source.path.name} has more than {MAX_ROWS:,} rows, so it was not read to its end and cannot be "
            "mended. Delete rows first."
        )


def _chosen(codes: Collection[str] | None) -> list[Rule]:
    """The rules to mend by, in registry order; InputError for a code that cannot be mended."""
    mendable = {rule.code: rule for rule in all_rules() if rule.fixer}
    for code in codes or ():
        if code not in mendable:
            raise InputError(f"There is no fix for {code!r}. There are fixes for: {', '.join(mendable)}.")
    return [rule for rule in mendable.values() if (rule.safe if codes is None else rule.code in codes)]


def _of(rules: list[Rule], scope: Scope) -> list[Rule]:
    return [rule for rule in rules if rule.scope == scope]


def _fix_file(draft: CsvEditor, rules: list[Rule], wanted: _Wanted) -> list[Change]:
    """What the fixers of the CSV as a file change."""
    extra = [rule for rule in all_rules() if rule.code in _ALWAYS and rule not in rules]
    return [
        replace(change, code=rule.code)
        for rule in [*extra, *_of(rules, "csv")]
        if rule.fixer
        for change in rule.fixer(draft, wanted)
    ]


def _rename(draft: CsvEditor, renames: dict[str, dict[str, str]], inputs: Inputs) -> Iterator[Change]:
    """What renaming arguments in tools.json changes in the rows."""
    for row in draft.readable() if renames else ():
        text = draft.cell(row, CALLS)
        renamed = renamed_calls(inputs.cell(text), renames) if text else None
        if text and renamed and renamed != text:
            draft.set_cell(row, CALLS, renamed)
            yield Change("csv", row.record.line, CALLS, "tools-argument-name-reserved", text, renamed)


def _fix_cells(draft: CsvEditor, rules: list[Rule], inputs: Inputs, wanted: _Wanted) -> Iterator[Change]:
    """What the fixers of messages and calls change, row by row."""
    for row in draft.readable():
        if wanted(row.record.line):
            yield from _fix_cell(draft, row, MESSAGE, _of(rules, "message"), inputs)
            yield from _fix_cell(draft, row, CALLS, _of(rules, "calls"), inputs)


def _fix_cell(draft: CsvEditor, row: DraftRow, column: str, rules: list[Rule], inputs: Inputs) -> Iterator[Change]:
    """One cell's changes: fixers are tried again until none has anything left to do."""
    text = draft.cell(row, column)
    for _ in range(_ROUNDS if text else 0):
        before_round = text
        for rule in rules:
            subject = inputs.cell(text or "") if column == CALLS else text
            if rule.fixer and any(finding.fix for finding in rule.check(subject, inputs)):
                fixed: str = rule.fixer(subject, inputs)
                if fixed != text:
                    yield Change("csv", row.record.line, column, rule.code, text or "", fixed)
                    text = fixed
                    draft.set_cell(row, column, fixed)
        if text == before_round:
            return


def _drop_rows(draft: CsvEditor, rules: list[Rule], inputs: Inputs, wanted: _Wanted) -> Iterator[Change]:
    """The rows that the fixers of the set drop, each with what it held."""
    for rule in _of(rules, "set"):
        view, rows = _view_of(draft, inputs)
        for _, line in list(rule.fixer(view)) if rule.fixer else ():
            row = rows[line]
            if not row.dropped and wanted(row.record.line):
                row.dropped = True
                yield Change("csv", row.record.line, None, rule.code, " | ".join(row.cells), "", dropped=True)


def _view_of(draft: CsvEditor, inputs: Inputs) -> tuple[SetView, dict[int, DraftRow]]:
    """The set as the draft has it now, and the draft's row on each line of it."""
    table = table_from(replace(draft.table.source, text=draft.text()))
    now = replace(inputs, table=table)
    view = SetView(now, sound_examples(now, check_rows(now, errors_only=True)))
    kept = [row for row in draft.rows if not row.dropped]
    records = sorted([*(row.record for row in table.rows), *table.ragged, *table.faulty], key=lambda one: one.start)
    return view, {record.line: row for record, row in zip(records, kept, strict=True)}
