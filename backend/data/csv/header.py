"""Finding the CSV's header and its delimiter, also below other lines and with a quote left open."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from backend.data.csv.reading import DELIMITERS, Record, read_records
from backend.data.text import OPTIONAL_COLUMNS, REQUIRED_COLUMNS

KNOWN_COLUMNS = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
_LINES_LOOKED_AT = 6
_LOOKS_LIKE_CALLS = re.compile(r"""^\s*[\[{].*\bname["'“”]""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heading:
    """How a file begins: its delimiter, its header if it has one, and the records above that; `empty` without any."""

    delimiter: str = ","
    header: Record | None = None
    above: tuple[Record, ...] = ()
    empty: bool = False


@lru_cache(maxsize=4096)
def normal_name(name: str) -> str:
    """A column's name without differences of case, spaces and dashes."""
    return re.sub(r"[\s_-]+", "_", name.strip().strip("\ufeff").strip()).casefold()


def column_index(names: tuple[str, ...]) -> dict[str, int]:
    """Where each known column stands; the first of two with the same name counts."""
    index: dict[str, int] = {}
    for at, name in enumerate(names):
        if normal_name(name) in KNOWN_COLUMNS:
            index.setdefault(normal_name(name), at)
    return index


def find_heading(text: str) -> Heading:
    """The reading of the first lines that makes most sense: both columns named, else rows of calls, else cells."""
    candidates: list[tuple[int, int, int, Heading]] = []
    for rank, delimiter in enumerate(DELIMITERS):
        records = [_with_names(one, text, delimiter) for one in islice(read_records(text, delimiter), _LINES_LOOKED_AT)]
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
    """The record; one with broken quotes is cut at its delimiters, in case it is the header."""
    if record.fault is None:
        return record
    cells = tuple(cell.strip().strip('"') for cell in text[record.start : record.end].split(delimiter)[:20])
    return replace(record, cells=cells) if len(column_index(cells)) > 1 else record


def _is_data(record: Record) -> bool:
    """Whether what should be the header is already a row."""
    return not column_index(record.cells) and any(_LOOKS_LIKE_CALLS.match(cell) for cell in record.cells)
