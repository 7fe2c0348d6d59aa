"""The table of a CSV: its header, its rows, and the records that are neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from backend.data.csv.header import column_index, find_heading
from backend.data.csv.reading import Record, read_records
from backend.data.text import (
    ANSWER,
    CALLS,
    MAX_CELL_CHARACTERS,
    MAX_CSV_BYTES,
    MAX_ROWS,
    MESSAGE,
    ORIGIN,
    ORIGINAL,
    REQUIRED_COLUMNS,
    SPLIT,
    DecodedFile,
    read_source,
)

_MOST_FRAGMENTS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One data row; a cell is None if the file has no such column.

    `original` is the place of an imported row in its original file, such as `line 12`. `origin` says who wrote the row.
    """

    line: int
    message: str | None
    calls: str | None
    answer: str
    split: str
    record: Record
    original: str = ""
    origin: str = ""


@dataclass(frozen=True)
class CsvTable:
    """The content of a CSV file.

    `index` maps each known column to its position. `header` is None if there is none, and `above` are the records
    before it. `faulty` are the records with broken quotes, `ragged` those whose cell count differs from the header's.
    `cut_at` is the line at which reading stopped because there are too many rows.
    """

    source: DecodedFile
    delimiter: str = ","
    header: Record | None = None
    above: tuple[Record, ...] = ()
    index: dict[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    faulty: tuple[Record, ...] = ()
    ragged: tuple[Record, ...] = ()
    long_cells: tuple[tuple[int, str, int], ...] = ()
    cut_at: int | None = None

    @property
    def row_count(self) -> int:
        """The number of data rows, including the unreadable ones."""
        return len(self.rows) + len(self.faulty) + len(self.ragged)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns in the header."""
        return self.header.cells if self.header else ()

    @property
    def width(self) -> int:
        """The number of cells that every row should have."""
        return len(self.header.cells) if self.header else len(REQUIRED_COLUMNS)


def read_table(path: Path) -> CsvTable:
    """Returns the table of the CSV at `path`, within the limits on bytes and rows."""
    return table_from(read_source(path, MAX_CSV_BYTES))


def table_from(source: DecodedFile) -> CsvTable:
    """Returns the table in a decoded file; without rows if the file has no text."""
    if not source.readable:
        return CsvTable(source)
    heading = find_heading(source.text)
    if heading.empty:
        return CsvTable(source)
    names = heading.header.cells if heading.header else REQUIRED_COLUMNS
    table = CsvTable(source, heading.delimiter, heading.header, heading.above, column_index(names))
    return _collect(table)


def _collect(table: CsvTable) -> CsvTable:
    """Returns the table with its records divided into rows, faulty and ragged ones."""
    rows: list[Row] = []
    faulty: list[Record] = []
    ragged: list[Record] = []
    long_cells: list[tuple[int, str, int]] = []
    row_of = _row_reader(table.index)
    fragments = 0  # lines of one cell that may still belong to a broken record
    found = 0
    cut_at = None
    after_header = table.header.end if table.header else -1
    for record in read_records(table.source.text, table.delimiter):
        if record.end <= after_header:
            continue
        if fragments and record.fault is None and len(record.cells) == 1 < table.width:
            fragments -= 1
            continue
        fragments = _MOST_FRAGMENTS if record.fault else 0
        found += 1
        if found > MAX_ROWS:
            cut_at = record.line
            break
        if record.end - record.start > MAX_CELL_CHARACTERS:
            long_cells += _too_long(record, table)
        if record.fault:
            faulty.append(record)
        elif len(record.cells) != table.width:
            ragged.append(record)
        else:
            rows.append(row_of(record))
    return replace(
        table,
        rows=tuple(rows),
        faulty=tuple(faulty),
        ragged=tuple(ragged),
        long_cells=tuple(long_cells),
        cut_at=cut_at,
    )


def rows_after_last(table: CsvTable) -> Iterator[Record]:
    """Yields the records after the most that are read."""
    if table.cut_at is None:
        return
    for record in read_records(table.source.text, table.delimiter):
        if record.line >= table.cut_at:
            yield record


def _too_long(record: Record, table: CsvTable) -> list[tuple[int, str, int]]:
    """Returns (line, column, characters) of each cell over the limit."""
    names = table.names or REQUIRED_COLUMNS
    return [
        (record.line, names[at] if at < len(names) else "", len(cell))
        for at, cell in enumerate(record.cells)
        if len(cell) > MAX_CELL_CHARACTERS
    ]


def _row_reader(index: dict[str, int]) -> Callable[[Record], Row]:
    """Returns the function that makes a row of a record."""
    columns = (MESSAGE, CALLS, ANSWER, SPLIT, ORIGINAL, ORIGIN)
    message, calls, answer, split, original, origin = map(index.get, columns)

    def row(record: Record) -> Row:
        cells = record.cells
        return Row(
            record.line,
            None if message is None else cells[message],
            None if calls is None else cells[calls],
            "" if answer is None else cells[answer],
            "" if split is None else normal_split(cells[split]),
            record,
            "" if original is None else cells[original],
            "" if origin is None else cells[origin],
        )

    return row


_SPLITS = {
    "train": "train",
    "training": "train",
    **dict.fromkeys(("test", "testing", "eval", "evaluation", "validation", "valid", "val", "dev", "held-out"), "test"),
}


def normal_split(word: str) -> str:
    """Returns `train` or `test` for their synonyms, else the word itself."""
    return _SPLITS.get(word.strip().casefold(), word.strip()) if word else ""
