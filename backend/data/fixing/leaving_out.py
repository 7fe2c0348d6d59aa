"""Leaves rows out that have an error without a fix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from backend.data.check import check_rows, sound_examples
from backend.data.csv import CsvEditor, DraftRow, read_table, table_from
from backend.data.rows import LEAVE_OUT, Inputs, SetView, measure_budget
from backend.data.rules import all_rules
from backend.data.text import MESSAGE, Change, normal_message
from backend.errors import InputError
from backend.records import Issue

ALL = "all"
"""The word for the errors of every rule."""


def rows_left_out(codes: Collection[str]) -> frozenset[str]:
    """Returns the codes of rules whose rows are left out. Raises InputError if a code is no rule for errors of rows."""
    known = {rule.code for rule in all_rules() if rule.severity == "error" and rule.way_out == LEAVE_OUT}
    for code in codes:
        if code != ALL and code not in known:
            raise InputError(f"No rows can be left out for {code!r}. Rows can be left out for: {', '.join(known)}.")
    return frozenset(known if ALL in codes else codes)


def leave_out(
    draft: CsvEditor, codes: Collection[str], inputs: Inputs, selected: Callable[[int], bool]
) -> Iterator[Change]:
    """Drops the selected rows that have an error of these rules without a fix, and yields each with its cells."""
    if not codes:
        return
    view, rows, issues = view_of(draft, inputs)
    found = {issue.line: issue.code for issue in issues if issue.code in codes and issue.way_out == LEAVE_OUT}
    found |= _over_budget(view, codes)
    for line, code in sorted((line, code) for line, code in found.items() if line is not None):
        row = rows.get(line)
        if row is not None and not row.dropped and selected(row.record.line):
            row.dropped = True
            yield Change("csv", row.record.line, None, code, " | ".join(row.cells), "", dropped=True)


def _over_budget(view: SetView, codes: Collection[str]) -> dict[int | None, str]:
    """Returns the code of each row that has too many tokens, by its line."""
    if not any(code.startswith("tokens-") for code in codes):
        return {}
    options = view.inputs.options
    budget = measure_budget(view.inputs.tools_file.tools, view.examples, options)
    if budget is None:
        return {}
    over = {"tokens-cut-answer": budget.over_length, "tokens-over-cache": budget.over_cache}
    return {row.line: code for code, found in over.items() if code in codes for row in found}


def view_of(draft: CsvEditor, inputs: Inputs) -> tuple[SetView, dict[int, DraftRow], list[Issue]]:
    """Returns the set in the current draft, the draft's row on each of its lines, and the errors of single rows."""
    table = table_from(replace(draft.table.source, text=draft.text()))
    now = replace(inputs, table=table)
    issues = check_rows(now, errors_only=True)
    remaining = [row for row in draft.rows if not row.dropped]
    records = sorted([*(row.record for row in table.rows), *table.ragged, *table.faulty], key=lambda one: one.start)
    rows = {record.line: row for record, row in zip(records, remaining, strict=True)}
    return SetView(now, sound_examples(now, issues)), rows, issues


def without_messages(dataset: Path, messages: Iterable[str]) -> tuple[str, tuple[int, ...]]:
    """Returns the text of a CSV without the rows that have one of these messages, and the lines of these rows.

    Messages that differ only in case, spaces and punctuation count as equal.
    """
    draft, taken = CsvEditor(read_table(dataset)), {normal_message(message) for message in messages}
    lines: list[int] = []
    for row in draft.readable():
        if normal_message(draft.cell(row, MESSAGE) or "") in taken:
            row.dropped = True
            lines.append(row.record.line)
    return draft.text(), tuple(lines)
