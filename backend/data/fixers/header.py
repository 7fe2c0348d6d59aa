"""Fixers of the CSV's header and of the lines around it: each changes a draft and yields its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from backend.data.csv import KNOWN_COLUMNS, CsvEditor, normal_name
from backend.data.text import CALLS, MESSAGE, REQUIRED_COLUMNS, Change, nearest

_SHOWN = 300
_LIKELY = {
    "user_message": ("message", "user", "prompt", "input", "text", "query", "utterance", "question", "instruction"),
    "tool_calls": ("tool_call", "calls", "call", "output", "completion", "answer", "response", "label", "target"),
}

IsSelected = Callable[[int], bool]
"""Whether the row that begins on a line is to be fixed."""

CsvFixer = Callable[[CsvEditor, IsSelected], Iterator[Change]]
"""Fixes the draft and yields its changes; the caller fills in their code."""


def changed(line: int, column: str | None, before: str, after: str) -> Change:
    """Returns a change whose code the caller fills in."""
    return Change("csv", line, column, "", before, after)


def add_header(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Adds the standard header above the first row."""
    if draft.header is None and draft.rows:
        yield changed(draft.rows[0].record.line, None, "", ",".join(REQUIRED_COLUMNS))
        draft.new_header = True


def drop_above(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Removes the lines above the header."""
    if draft.header and draft.table.above:
        first = draft.table.above[0]
        text = draft.table.source.text[first.start : draft.header.record.start]
        draft.begins_at = draft.header.record.start
        yield Change("csv", first.line, None, "", text[:_SHOWN], "", dropped=True)


def repeats_header(message: str | None, calls: str | None) -> bool:
    """Whether the cells of a row are the names of its columns."""
    return normal_name(calls or "") == CALLS and normal_name(message or "") == MESSAGE


def drop_repeated_headers(draft: CsvEditor, selected: IsSelected) -> Iterator[Change]:
    """Drops the rows that repeat the header."""
    for row in draft.readable():
        cells = (draft.cell(row, MESSAGE), draft.cell(row, CALLS))
        if selected(row.record.line) and repeats_header(*cells):
            row.dropped = True
            yield Change("csv", row.record.line, None, "", " | ".join(row.cells), "", dropped=True)


def spell_header(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Writes the names of the known columns in the standard spelling."""
    header = draft.header
    for name, at in draft.table.index.items() if header else ():
        if header and header.cells[at] != name:
            yield changed(header.record.line, name, header.cells[at], name)
            header.rewrite((*header.cells[:at], name, *header.cells[at + 1 :]))


def likely_column(name: str, header: Sequence[str]) -> str | None:
    """Returns the unknown column that is most likely the missing one, or None."""
    unknown = [other for other in header if normal_name(other) not in KNOWN_COLUMNS]
    return next((other for other in unknown if normal_name(other) in _LIKELY[name]), nearest(name, unknown))


def name_missing_columns(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Gives each missing column's name to the column that is most likely meant."""
    header = draft.header
    for name in REQUIRED_COLUMNS if header else ():
        likely = likely_column(name, header.cells) if header and name not in draft.table.index else None
        if header and likely is not None:
            at = header.cells.index(likely)
            yield changed(header.record.line, name, likely, name)
            header.rewrite((*header.cells[:at], name, *header.cells[at + 1 :]))


def rename_repeated_columns(draft: CsvEditor, _selected: IsSelected) -> Iterator[Change]:
    """Gives every column after the first with a known name a name that is ignored."""
    header = draft.header
    for at, cell in enumerate(header.cells if header else ()):
        name = normal_name(cell)
        if header and name in KNOWN_COLUMNS and draft.table.index[name] != at:
            ignored = f"{name}_{at + 1}"
            yield changed(header.record.line, name, cell, ignored)
            header.rewrite((*header.cells[:at], ignored, *header.cells[at + 1 :]))
