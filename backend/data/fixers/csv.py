"""Fixers of the CSV as a file: each changes a draft and tells its changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from backend.data.calls import read_calls
from backend.data.csv import CsvEditor, DraftRow, Fault, normal_name, repaired_cells
from backend.data.text import CALLS, MESSAGE, REQUIRED_COLUMNS, Change

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile(r"(?<![ \t])[ \t]*+[\r\n]++\s*+")
_SHOWN = 300

Wanted = Callable[[int], bool]
"""Whether the row that begins on a line is to be mended."""

CsvFixer = Callable[[CsvEditor, Wanted], Iterator[Change]]
"""Mends the draft and gives its changes; their code is filled in by the caller."""


def _change(line: int, column: str | None, before: str, after: str) -> Change:
    return Change("csv", line, column, "", before, after)


def re_decode(draft: CsvEditor, _wanted: Wanted) -> Iterator[Change]:
    """Nothing to do but to say so: the text was decoded when it was read, and is written as UTF-8."""
    source = draft.table.source
    if source.encoding.startswith(("utf-16", "utf-32")):
        yield _change(1, None, source.encoding.upper(), "UTF-8")
    for line, text in source.bad_lines:
        raw = text.encode("cp1252", "replace").decode("utf-8", "backslashreplace")
        yield _change(line, None, raw[:_SHOWN], text[:_SHOWN])


def drop_mark(draft: CsvEditor, _wanted: Wanted) -> Iterator[Change]:
    """The text was read without its mark, and is written without it."""
    if draft.table.source.bom:
        yield _change(1, None, "a byte order mark", "no mark")


def use_commas(draft: CsvEditor, _wanted: Wanted) -> Iterator[Change]:
    """Write every record with commas."""
    if draft.delimiter != ",":
        yield _change(draft.header.record.line if draft.header else 1, None, draft.delimiter, ",")
        draft.delimiter = ","


def use_line_feeds(draft: CsvEditor, _wanted: Wanted) -> Iterator[Change]:
    """Write every line end as LF."""
    if "\r" in draft.table.source.text:
        yield _change(1, None, "CRLF", "LF")
        draft.line_feeds_only = True


def add_header(draft: CsvEditor, _wanted: Wanted) -> Iterator[Change]:
    """Put the standard header above the first row."""
    if draft.header is None and draft.rows:
        yield _change(draft.rows[0].record.line, None, "", ",".join(REQUIRED_COLUMNS))
        draft.new_header = True


def drop_above(draft: CsvEditor, _wanted: Wanted) -> Iterator[Change]:
    """Take away what stands above the header."""
    if draft.header and draft.table.above:
        first = draft.table.above[0]
        text = draft.table.source.text[first.start : draft.header.record.start]
        draft.begins_at = draft.header.record.start
        yield Change("csv", first.line, None, "", text[:_SHOWN], "", dropped=True)


def repeats_header(message: str | None, calls: str | None) -> bool:
    """Whether a row holds the names of its columns."""
    return (normal_name(message or ""), normal_name(calls or "")) == REQUIRED_COLUMNS


def drop_repeated_headers(draft: CsvEditor, wanted: Wanted) -> Iterator[Change]:
    """Drop the rows that repeat the header."""
    for row in draft.readable():
        cells = (draft.cell(row, MESSAGE), draft.cell(row, CALLS))
        if wanted(row.record.line) and repeats_header(*cells):
            row.dropped = True
            yield Change("csv", row.record.line, None, "", " | ".join(row.cells), "", dropped=True)


def spell_header(draft: CsvEditor, _wanted: Wanted) -> Iterator[Change]:
    """Write the known columns' names as they should be."""
    header = draft.header
    for name, at in draft.table.index.items() if header else ():
        if header and header.cells[at] != name:
            yield _change(header.record.line, name, header.cells[at], name)
            header.rewrite((*header.cells[:at], name, *header.cells[at + 1 :]))


def mend_records(fault: Fault | None) -> CsvFixer:
    """A fixer of the records with one fault, or of ragged ones, that valid JSON shows how to cut."""

    def fix(draft: CsvEditor, wanted: Wanted) -> Iterator[Change]:
        header = draft.header
        if header and fault and header.record.fault == fault and wanted(header.record.line):
            before = draft.table.source.text[header.record.start : header.record.end]
            header.rewrite(header.cells)
            yield _change(header.record.line, None, before[:_SHOWN], ",".join(header.cells))
        for row in draft.rows:
            record = row.record
            concerned = record.fault == fault and (fault is not None or len(record.cells) != draft.table.width)
            concerned = concerned and not row.rewritten
            cells = repaired_cells(record, draft.table) if concerned and wanted(record.line) else None
            if cells is not None:
                before = draft.table.source.text[record.start : record.end]
                row.rewrite(cells)
                yield _change(record.line, None, before[:_SHOWN], " | ".join(cells)[:_SHOWN])

    return fix


def drop_padding(draft: CsvEditor, wanted: Wanted) -> Iterator[Change]:
    """Write the records anew in which spaces stand beside a quote."""
    for row in draft.readable():
        if row.record.padded and wanted(row.record.line):
            before = draft.table.source.text[row.record.start : row.record.end]
            row.rewrite(row.cells)
            yield _change(row.record.line, None, before[:_SHOWN], "without spaces beside the quotes")


def drop_controls(draft: CsvEditor, wanted: Wanted) -> Iterator[Change]:
    """Take control characters out of the messages."""
    for row, text in _cells(draft, MESSAGE, wanted):
        cleaned = CONTROL.sub("", text)
        if cleaned != text and cleaned.strip():
            yield _change(row.record.line, MESSAGE, text, cleaned)
            draft.set_cell(row, MESSAGE, cleaned)


def join_lines(draft: CsvEditor, wanted: Wanted) -> Iterator[Change]:
    """Put each message and each list of calls on one line."""
    for column in (MESSAGE, CALLS):
        for row, text in _cells(draft, column, wanted):
            joined = one_line(text, column)
            if joined is not None:
                yield _change(row.record.line, column, text, joined)
                draft.set_cell(row, column, joined)


def one_line(text: str, column: str) -> str | None:
    """The cell on one line; None where it is on one already, or where its JSON would change."""
    stripped = text.strip()
    if "\n" not in stripped and "\r" not in stripped:
        return None
    joined = _LINE_BREAK.sub(" ", stripped)
    if column == CALLS:
        before, after = read_calls(text), read_calls(joined)
        if before.fault or after.fault or before.value != after.value:
            return None
    return joined


def _cells(draft: CsvEditor, column: str, wanted: Wanted) -> Iterator[tuple[DraftRow, str]]:
    for row in draft.readable():
        text = draft.cell(row, column)
        if text and wanted(row.record.line):
            yield row, text
