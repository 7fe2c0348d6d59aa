"""The CSV as a table: its header, its rows, and the records that fit neither."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from backend.data.csv_reading import DELIMITERS, Record, read_records
from backend.data.decoding import Source, read_source
from backend.data.options import (
    ANSWER,
    CALLS,
    MAX_CELL_CHARACTERS,
    MAX_CSV_BYTES,
    MAX_ROWS,
    MESSAGE,
    OPTIONAL_COLUMNS,
    REQUIRED_COLUMNS,
    SPLIT,
)

_MOST_FRAGMENTS = 100
_LOOKS_LIKE_CALLS = re.compile(r"""^\s*[\[{].*\bname["'“”]""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """One data row; a cell is None where the file has no such column."""

    line: int
    message: str | None
    calls: str | None
    answer: str
    split: str
    record: Record


@dataclass(frozen=True)
class CsvTable:
    """A CSV file as read. `index` maps each column that we know to its position; `header` is None where there is none.

    `faulty` are records with broken quotes, `ragged` those whose cell count differs from the header's; `cut_at` is the
    line at which reading stopped because there are too many rows.
    """

    source: Source
    delimiter: str = ","
    header: Record | None = None
    index: dict[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    faulty: tuple[Record, ...] = ()
    ragged: tuple[Record, ...] = ()
    long_cells: tuple[tuple[int, str, int], ...] = ()
    cut_at: int | None = None

    @property
    def row_count(self) -> int:
        """Every data row, the unreadable ones among them."""
        return len(self.rows) + len(self.faulty) + len(self.ragged)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names as they stand in the header."""
        return self.header.cells if self.header else ()

    @property
    def width(self) -> int:
        """The number of cells that every row should have."""
        return len(self.header.cells) if self.header else len(REQUIRED_COLUMNS)


def read_table(path: Path) -> CsvTable:
    """Read the CSV at `path`, within the limits on bytes and rows."""
    return table_from(read_source(path, MAX_CSV_BYTES))


def table_from(source: Source) -> CsvTable:
    """The table in a file that has been read; without rows where there is no text."""
    if not source.readable:
        return CsvTable(source)
    delimiter, first = _first_record(source.text)
    if first is None:
        return CsvTable(source, delimiter)
    header = None if _is_data(first) else first
    index = _index(header.cells) if header else {name: at for at, name in enumerate(REQUIRED_COLUMNS)}
    return _collect(CsvTable(source, delimiter, header, index))


@lru_cache(maxsize=4096)
def normal_name(name: str) -> str:
    """A column's name without differences of case, spaces and dashes."""
    return re.sub(r"[\s_-]+", "_", name.strip().strip("\ufeff").strip()).casefold()


def _first_record(text: str) -> tuple[str, Record | None]:
    """The first record that is not blank, read with the delimiter that makes most sense of it."""
    candidates: list[tuple[int, int, str, Record]] = []
    for rank, delimiter in enumerate(DELIMITERS):
        record = next(read_records(text, delimiter), None)
        if record is None:
            return ",", None
        known = len(_index(record.cells))
        sense = 3 if known == len(REQUIRED_COLUMNS) else 2 if _is_data(record) else 1 if len(record.cells) > 1 else 0
        candidates.append((-sense, rank, delimiter, record))
    _, _, delimiter, record = min(candidates, key=lambda candidate: candidate[:2])
    return delimiter, record


def _is_data(record: Record) -> bool:
    """Whether what should be the header is already a row."""
    return not _index(record.cells) and any(_LOOKS_LIKE_CALLS.match(cell) for cell in record.cells)


def _index(names: tuple[str, ...]) -> dict[str, int]:
    """Where each known column stands; the first of two with the same name counts."""
    index: dict[str, int] = {}
    for at, name in enumerate(names):
        normal = normal_name(name)
        if normal in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS):
            index.setdefault(normal, at)
    return index


def _collect(table: CsvTable) -> CsvTable:
    """The table with its records sorted into rows, faulty and ragged ones."""
    rows: list[Row] = []
    faulty: list[Record] = []
    ragged: list[Record] = []
    long_cells: list[tuple[int, str, int]] = []
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
        long_cells += _too_long(record, table)
        if record.fault:
            faulty.append(record)
        elif len(record.cells) != table.width:
            ragged.append(record)
        else:
            rows.append(_row(record, table.index))
    return CsvTable(
        table.source,
        table.delimiter,
        table.header,
        table.index,
        tuple(rows),
        tuple(faulty),
        tuple(ragged),
        tuple(long_cells),
        cut_at,
    )


def _too_long(record: Record, table: CsvTable) -> list[tuple[int, str, int]]:
    """(line, column, characters) of each cell over the limit."""
    if record.end - record.start <= MAX_CELL_CHARACTERS:
        return []
    names = table.names or REQUIRED_COLUMNS
    return [
        (record.line, names[at] if at < len(names) else "", len(cell))
        for at, cell in enumerate(record.cells)
        if len(cell) > MAX_CELL_CHARACTERS
    ]


def _row(record: Record, index: dict[str, int]) -> Row:
    def cell(name: str) -> str | None:
        return record.cells[index[name]] if name in index else None

    return Row(record.line, cell(MESSAGE), cell(CALLS), cell(ANSWER) or "", normal_split(cell(SPLIT) or ""), record)


_SPLITS = {
    "train": "train",
    "training": "train",
    **dict.fromkeys(("test", "testing", "eval", "evaluation", "validation", "valid", "val", "dev", "held-out"), "test"),
}


def normal_split(word: str) -> str:
    """`train` or `test` for the words that mean them, else the word itself."""
    return _SPLITS.get(word.strip().casefold(), word.strip())
