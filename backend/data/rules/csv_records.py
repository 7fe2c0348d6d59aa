"""Rules on the CSV's records and cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend.data.csv import Fault, Record, Row, repaired_cells
from backend.data.fixers import cleaned_cell, drop_controls, drop_padding, join_lines, one_line, repair_records
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import ANSWER, CALLS, CONTROL, MESSAGE, count, escape, show

_LINE_BREAK = re.compile(r"[\r\n]")


def _cells(row: Row) -> Iterator[tuple[str, str]]:
    """Yields (column, text) for the message and the calls."""
    for column, text in ((MESSAGE, row.message), (CALLS, row.calls), (ANSWER, row.answer)):
        if text:
            yield column, text


@rule(
    "csv-ragged-row",
    "csv",
    "error",
    "A row has too many or too few cells",
    "Usually a cell with a comma was not put in quotes. The fix joins the parts if that gives valid JSON, and removes "
    "empty cells at the end.",
    fixer=repair_records(None),
)
def ragged_row(inputs: Inputs) -> Iterator[Finding]:
    table = inputs.table
    for record in table.ragged if table.index else ():  # without a known column the header itself may be wrong
        repaired = repaired_cells(record, table)
        yield Finding(
            f"The row has {count(len(record.cells), 'cell')} and the header {table.width}. It begins "
            f"{show(record.cells[0])}. Put a cell with a comma, a quote or a line break in double quotes.",
            record.line,
            None,
            "Join the parts." if repaired else None,
        )


def _with_fault(fault: Fault, inputs: Inputs) -> Iterator[tuple[Record, str, bool]]:
    """Yields each record with the fault, including the header, its text, and whether it can be repaired."""
    table = inputs.table
    for record in (*([table.header] if table.header else []), *table.faulty):
        if record.fault == fault:
            fixable = record is table.header or repaired_cells(record, table) is not None
            yield record, table.source.text[record.start : record.end], fixable


@rule(
    "csv-unclosed-quote",
    "csv",
    "error",
    "A quote is not closed",
    "A cell that begins with a double quote must end with one, or the rows after it become part of the cell. Reading "
    "continued at the next line. The fix closes the quote if that gives valid JSON.",
    fixer=repair_records("unclosed"),
)
def unclosed_quote(inputs: Inputs) -> Iterator[Finding]:
    for record, text, fixable in _with_fault("unclosed", inputs):
        yield Finding(
            f"A double quote opens a cell here and is not closed: {show(text, 100)}. Close it; a quote that "
            "belongs to the text is written twice.",
            record.line,
            None,
            "Close the quote." if fixable else None,
        )
    for row in inputs.table.rows:
        for at in row.record.stray:
            cell = row.record.cells[at]
            if cell.rstrip().endswith('"') and cell.count('"') % 2:
                names = inputs.table.names
                yield Finding(
                    f"The cell ends with a double quote but does not begin with one: {show(cell, 100)}. Put one before "
                    "it, or remove the last one.",
                    row.line,
                    names[at] if at < len(names) else None,
                )


@rule(
    "csv-inner-quote",
    "csv",
    "error",
    "A quote inside a cell is not doubled",
    'Inside a cell in quotes every double quote must be written twice: "[{""name"": …}]". The fix does that if the '
    "result is valid JSON.",
    fixer=repair_records("inner-quotes"),
)
def inner_quote(inputs: Inputs) -> Iterator[Finding]:
    for record, text, fixable in _with_fault("inner-quotes", inputs):
        yield Finding(
            f"A cell in quotes has text after its closing quote: {show(text, 100)}. Write every quote inside a "
            "cell twice.",
            record.line,
            None,
            "Write the inner quotes twice." if fixable else None,
        )


@rule(
    "csv-spaced-quote",
    "csv",
    "warning",
    "There is a space between a comma and a quote",
    'In strict CSV, the second cell of `"a", "b"` begins with a space and a quote. The check ignores the space.',
    fixer=drop_padding,
)
def spaced_quote(inputs: Inputs) -> Iterator[Finding]:
    for row in inputs.table.rows:
        if row.record.padded:
            yield Finding(
                "There are spaces between a comma and a double quote; other programs read them as part of the cell.",
                row.line,
                None,
                "Remove the spaces.",
            )


@rule(
    "csv-control-character",
    "csv",
    "error",
    "A cell contains a control character",
    "NUL and other control characters come from broken exports. The keyboard of a phone does not produce them.",
    fixer=drop_controls,
)
def control_character(inputs: Inputs) -> Iterator[Finding]:
    if not CONTROL.search(inputs.table.source.text):
        return
    for row in inputs.table.rows:
        for column, text in _cells(row):
            found = CONTROL.search(text)
            if found:
                yield Finding(
                    f'There is the control character "{escape(found[0])}" at character {found.start() + 1}: '
                    f"{show(text)}. Remove it.",
                    row.line,
                    column,
                    "Remove the control characters." if cleaned_cell(text, column) != text else None,
                )


@rule(
    "csv-newline-in-cell",
    "csv",
    "warning",
    "A cell contains a line break",
    "Users of a phone do not type line breaks, and many tools count such a row as two.",
    fixer=join_lines,
)
def newline_in_cell(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.table.source.text
    for row in inputs.table.rows:
        if not _LINE_BREAK.search(source, row.record.start, row.record.end):
            continue
        for column, text in _cells(row):
            if column != ANSWER and _LINE_BREAK.search(text.strip()):
                fix = "Put it on one line." if one_line(text, column) is not None else None
                yield Finding("The cell has several lines.", row.line, column, fix)
