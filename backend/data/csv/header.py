"""Finds the CSV's header and its delimiter, also below other lines and with an unclosed quote."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from backend.data.calls import read_calls
from backend.data.csv.reading import DELIMITERS, Record, read_records
from backend.data.text import OPTIONAL_COLUMNS, REQUIRED_COLUMNS

KNOWN_COLUMNS = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
_FIRST_LINES = 6
_LOOKS_LIKE_CALLS = re.compile(r"""^\s*[\[{].*\bname["'“”]""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heading:
    """The start of a file: its delimiter, its header or None, and the records above it; `empty` if it has no record."""

    delimiter: str = ","
    header: Record | None = None
    above: tuple[Record, ...] = ()
    empty: bool = False


@lru_cache(maxsize=4096)
def normal_name(name: str) -> str:
    """Returns a column's name in lower case, with underscores for spaces and dashes."""
    return re.sub(r"[\s_-]+", "_", name.strip().strip("\ufeff").strip()).casefold()


def column_index(names: tuple[str, ...]) -> dict[str, int]:
    """Returns the position of each known column; the first of two with the same name counts."""
    index: dict[str, int] = {}
    for at, name in enumerate(names):
        if normal_name(name) in KNOWN_COLUMNS:
            index.setdefault(normal_name(name), at)
    return index


def find_heading(text: str) -> Heading:
    """Returns the best reading of the first lines: one with both columns, else one with calls, else any cells."""
    candidates: list[tuple[int, int, int, Heading]] = []
    for rank, delimiter in enumerate(DELIMITERS):
        records = [_with_names(one, text, delimiter) for one in islice(read_records(text, delimiter), _FIRST_LINES)]
        if not records:
            return Heading(empty=True)
        named = next((at for at, one in enumerate(records) if len(_required(one)) == len(REQUIRED_COLUMNS)), None)
        if named is not None:
            candidates.append((-3, named, rank, Heading(delimiter, records[named], tuple(records[:named]))))
        elif _is_data(records[0]):
            candidates.append((-2, 0, rank, Heading(delimiter)))
        else:
            candidates.append((-int(len(records[0].cells) > 1), 0, rank, Heading(delimiter, records[0])))
    return min(candidates, key=lambda candidate: candidate[:3])[3]


def _required(record: Record) -> set[str]:
    return column_index(record.cells).keys() & set(REQUIRED_COLUMNS)


def _with_names(record: Record, text: str, delimiter: str) -> Record:
    """Returns the record; one with broken quotes is divided at its delimiters, because it may be the header."""
    if record.fault is None:
        return record
    cells = tuple(cell.strip().strip('"') for cell in text[record.start : record.end].split(delimiter)[:20])
    return replace(record, cells=cells) if len(column_index(cells)) > 1 else record


def _is_data(record: Record) -> bool:
    """Whether the record in the header's position is a row."""
    if column_index(record.cells):
        return False
    return any(_LOOKS_LIKE_CALLS.match(cell) or _has_calls(cell) for cell in record.cells)


def _has_calls(cell: str) -> bool:
    """Whether a cell has calls in any notation, with a bracket or a tag, which a column's name has not."""
    return any(mark in cell for mark in "[{(<") and bool(read_calls(cell).sound)
