"""Edits a CSV: records without a change stay the same, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend.data.csv.reading import Record, encode_record
from backend.data.csv.table import CsvTable
from backend.data.text import REQUIRED_COLUMNS


@dataclass
class DraftRow:
    """One record of the draft: its new cells, and whether it is rewritten or dropped."""

    record: Record
    cells: tuple[str, ...]
    rewritten: bool = False
    dropped: bool = False

    def rewrite(self, cells: tuple[str, ...]) -> None:
        """Replaces the cells of the row."""
        self.cells, self.rewritten = cells, True


class CsvEditor:
    """The records of the file in order, with the delimiter and line ends of the new file."""

    def __init__(self, table: CsvTable) -> None:
        self.table = table
        self.delimiter = table.delimiter
        self.line_feeds_only = False
        self.new_header = False
        self.begins_at = 0
        self.ends_at = len(table.source.text)
        records = [*(row.record for row in table.rows), *table.ragged, *table.faulty]
        self.header = DraftRow(table.header, table.header.cells) if table.header else None
        self.rows = [DraftRow(record, record.cells) for record in sorted(records, key=lambda record: record.start)]

    def readable(self) -> Iterator[DraftRow]:
        """Yields the rows that are not dropped and have as many cells as the header."""
        for row in self.rows:
            broken = row.record.fault is not None and not row.rewritten
            if not row.dropped and not broken and len(row.cells) == self.table.width:
                yield row

    def cell(self, row: DraftRow, column: str) -> str | None:
        """Returns the row's cell of one column, or None if the file has no such column."""
        at = self.table.index.get(column)
        return None if at is None else row.cells[at]

    def set_cell(self, row: DraftRow, column: str, text: str) -> None:
        """Replaces one cell."""
        at = self.table.index[column]
        row.rewrite((*row.cells[:at], text, *row.cells[at + 1 :]))

    def text(self) -> str:
        """Returns the text of the new file."""
        source = self.table.source.text
        everything = self.delimiter != self.table.delimiter
        parts = [encode_record(REQUIRED_COLUMNS) + "\n"] if self.new_header else []
        position = self.begins_at
        for row in ([self.header] if self.header else []) + self.rows:
            broken = row.record.fault is not None and not row.rewritten
            if not (row.dropped or row.rewritten or (everything and not broken)):
                continue
            parts.append(source[position : row.record.start])
            position = row.record.end
            if row.dropped:
                position += len(_line_end(source, position))
            else:
                parts.append(encode_record(row.cells, self.delimiter))
        text = "".join([*parts, source[position : self.ends_at]])
        return re.sub(r"\r\n?", "\n", text) if self.line_feeds_only else text


def _line_end(text: str, position: int) -> str:
    return "\r\n" if text.startswith("\r\n", position) else text[position : position + 1]
