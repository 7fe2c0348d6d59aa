"""Fixers of the CSV file: each changes a draft and yields its changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend.data.calls import read_calls
from backend.data.csv import CsvEditor, DraftRow, Fault, repaired_cells, rows_after_last
from backend.data.fixers.header import CsvFixer, IsSelected, changed
from backend.data.fixers.values import Clean, cleaned_values, follow_message
from backend.data.text import ANSWER, CALLS, CONTROL, MESSAGE, Change, without_controls

_LINE_BREAK = re.compile(r"(?<![ \t])[ \t]*+[\r\n]++\s*+")
_SHOWN = 300


def keep_first_rows(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Drops the rows after the most that are read."""
    table = draft.table
    for record in rows_after_last(table):
        draft.ends_at = min(draft.ends_at, record.start)
        text = table.source.text[record.start : record.end]
        yield Change("csv", record.line, None, "", text[:_SHOWN], "", dropped=True)


def re_decode(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Reports the encoding; the text was decoded when it was read, and is written as UTF-8."""
    source = draft.table.source
    if source.encoding.startswith(("utf-16", "utf-32")):
        yield changed(1, None, source.encoding.upper(), "UTF-8")
    for line, text in source.bad_lines:
        raw = text.encode("cp1252", "replace").decode("utf-8", "backslashreplace")
        yield changed(line, None, raw[:_SHOWN], text[:_SHOWN])


def drop_mark(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Reports the byte order mark; the text was read without it, and is written without it."""
    if draft.table.source.bom:
        yield changed(1, None, "a byte order mark", "no mark")


def use_commas(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Writes every record with commas."""
    if draft.delimiter != ",":
        yield changed(draft.header.record.line if draft.header else 1, None, draft.delimiter, ",")
        draft.delimiter = ","


def use_line_feeds(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Writes every line end as LF."""
    if "\r" in draft.table.source.text:
        yield changed(1, None, "CRLF", "LF")
        draft.line_feeds_only = True


def repair_records(fault: Fault | None) -> CsvFixer:
    """Returns a fixer for the records with one fault, or with a wrong cell count; valid JSON shows where to cut."""

    def fix(draft: CsvEditor, selected: IsSelected) -> Iterator[Change]:
        header = draft.header
        if header and fault and header.record.fault == fault and selected(header.record.line):
            before = draft.table.source.text[header.record.start : header.record.end]
            header.rewrite(header.cells)
            yield changed(header.record.line, None, before[:_SHOWN], ",".join(header.cells))
        for row in draft.rows:
            record = row.record
            concerned = record.fault == fault and (fault is not None or len(record.cells) != draft.table.width)
            concerned = concerned and not row.rewritten
            cells = repaired_cells(record, draft.table) if concerned and selected(record.line) else None
            if cells is not None:
                before = draft.table.source.text[record.start : record.end]
                row.rewrite(cells)
                yield changed(record.line, None, before[:_SHOWN], " | ".join(cells)[:_SHOWN])

    return fix


def drop_padding(draft: CsvEditor, selected: IsSelected) -> Iterator[Change]:
    """Writes again the records that have spaces next to a quote."""
    for row in draft.readable():
        if row.record.padded and selected(row.record.line):
            before = draft.table.source.text[row.record.start : row.record.end]
            row.rewrite(row.cells)
            yield changed(row.record.line, None, before[:_SHOWN], "without spaces next to the quotes")


def drop_controls(draft: CsvEditor, selected: IsSelected) -> Iterator[Change]:
    """Removes control characters from messages and the values copied from them, then from all calls and answers."""
    for row, text in _cells(draft, MESSAGE, selected):
        yield from _clean_message(draft, row, text, without_controls)
    for column in (CALLS, ANSWER):
        for row, text in _cells(draft, column, selected):
            cleaned = cleaned_cell(text, column)
            if cleaned != text:
                yield changed(row.record.line, column, text, cleaned)
                draft.set_cell(row, column, cleaned)


def cleaned_cell(text: str, column: str) -> str:
    """Returns a cell without control characters; calls that cannot be read stay unchanged."""
    if column != CALLS:
        cleaned = without_controls(text)
        return cleaned if cleaned.strip() else text
    cleaned = cleaned_values(read_calls(text), {}, without_controls) if CONTROL.search(text) else text
    return cleaned if not CONTROL.search(cleaned) else text


def _clean_message(draft: CsvEditor, row: DraftRow, text: str, clean: Clean) -> Iterator[Change]:
    """Cleans a message and the values that were copied from it, unless that would separate them."""
    cleaned, calls = clean(text), draft.cell(row, CALLS)
    if cleaned == text or not cleaned.strip():
        return
    followed = follow_message(read_calls(calls), {}, text, cleaned, clean) if calls else calls
    if followed is None and calls is not None:
        return
    yield changed(row.record.line, MESSAGE, text, cleaned)
    draft.set_cell(row, MESSAGE, cleaned)
    if calls is not None and followed is not None and followed != calls:
        yield changed(row.record.line, CALLS, calls, followed)
        draft.set_cell(row, CALLS, followed)


def join_lines(draft: CsvEditor, selected: IsSelected) -> Iterator[Change]:
    """Puts each message, with the values copied from it, and each list of calls on one line."""
    for row, text in _cells(draft, MESSAGE, selected):
        if one_line(text, MESSAGE) is not None:
            yield from _clean_message(draft, row, text, lambda cell: one_line(cell, MESSAGE) or cell)
    for row, text in _cells(draft, CALLS, selected):
        joined = one_line(text, CALLS)
        if joined is not None:
            yield changed(row.record.line, CALLS, text, joined)
            draft.set_cell(row, CALLS, joined)


def one_line(text: str, column: str) -> str | None:
    """Returns the cell on one line, or None if it already is, or if its JSON would change."""
    stripped = text.strip()
    if "\n" not in stripped and "\r" not in stripped:
        return None
    joined = _LINE_BREAK.sub(" ", stripped)
    if column == CALLS:
        before, after = read_calls(text), read_calls(joined)
        if before.fault or after.fault or before.value != after.value:
            return None
    return joined


def _cells(draft: CsvEditor, column: str, selected: IsSelected) -> Iterator[tuple[DraftRow, str]]:
    for row in draft.readable():
        text = draft.cell(row, column)
        if text and selected(row.record.line):
            yield row, text
