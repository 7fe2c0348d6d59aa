"""Reads tables as records: the header, or the columns of a table without one, name the cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from backend.data.csv import DELIMITERS, find_heading, normal_name, read_records
from backend.data.imports.columns import KNOWN_KEYS
from backend.data.imports.json_files import looks_like_json, text_of
from backend.data.imports.labels import is_label
from backend.data.imports.records import GivenFile, Record
from backend.data.text import CALLS, MESSAGE, REQUIRED_COLUMNS

TUNING_LAB = ("user_content", "tool_name", "tool_arguments")
_NAME = re.compile(r"[A-Za-z_][\w.:/-]{0,127}")
_LOOKED_AT = 5
RAGGED = "the line has {found} cells and the header {wanted}"
FAULTY = "its quotes are not closed"


def named_records(rows: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Record]:
    """Yields a record for each row of cells below the header; `rows` are (place, cells).

    Without a header, three columns of a text, a name and a JSON object are Tuning Lab's, and two columns with a label
    in the second one are the standard ones. Any other first row counts as a header.
    """
    filled = ((place, cells) for place, cells in rows if any(cell.strip() for cell in cells))
    first = list(islice(filled, _LOOKED_AT))
    if not first:
        return
    names = names_without_header([cells for _, cells in first])
    header: Sequence[str] = names or [name.strip() for name in first[0][1]]
    for place, cells in chain(first if names else first[1:], filled):
        extra = [cell for cell in cells[len(header) :] if cell.strip()]
        if extra:
            yield Record(place, {}, RAGGED.format(found=len(cells), wanted=len(header)))
        else:
            yield Record(place, {name: cell for name, cell in zip(header, cells, strict=False) if name})


def names_without_header(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Returns the names of the columns if the first row is not a header but a row of a known format, else ()."""
    if any(normal_name(cell) in KNOWN_KEYS for cell in rows[0]):
        return ()
    trimmed = [_trimmed(cells) for cells in rows]
    if all(map(_is_tuning_lab, trimmed)) and any(len(cells) == 3 for cells in trimmed):
        return TUNING_LAB
    if all(len(cells) == 2 and is_label(cells[1]) for cells in trimmed):
        return REQUIRED_COLUMNS
    return ()


def _is_tuning_lab(cells: Sequence[str]) -> bool:
    """Whether the cells are a message, a tool's name, and a JSON object or nothing."""
    named = 2 <= len(cells) <= 3 and bool(_NAME.fullmatch(cells[1].strip()))
    return named and (len(cells) == 2 or _is_object(cells[2]))


def _trimmed(cells: Sequence[str]) -> list[str]:
    """Returns the cells without empty ones at the end, which a sheet's rectangle adds."""
    kept = list(cells)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def delimiter_of(text: str) -> str:
    """Returns the delimiter by which the first lines have the most known columns, or else the most cells."""

    def score(delimiter: str) -> tuple[int, int]:
        records = [one.cells for one in islice(read_records(text, delimiter), _LOOKED_AT) if one.fault is None]
        if not records:
            return 0, 0
        known = len({normal_name(cell) for cell in records[0]} & KNOWN_KEYS)
        return known or 2 * bool(names_without_header(records)), min(map(len, records))

    return max(DELIMITERS, key=score)


def is_standard(text: str) -> bool:
    """Whether the rules read this CSV as it is: it has the standard columns, or rows of them, and no tabs between."""
    heading = find_heading(text)
    if heading.delimiter == "\t":
        return False
    if heading.header is None:
        records = [one.cells for one in islice(read_records(text, heading.delimiter), _LOOKED_AT) if one.fault is None]
        return not records or names_without_header(records) != TUNING_LAB
    return {MESSAGE, CALLS} <= {normal_name(cell) for cell in heading.header.cells}


class TextTable:
    """Reads CSV and TSV."""

    name = "CSV"

    def __init__(self, delimiters: tuple[str, ...], name: str) -> None:
        self._delimiters = delimiters
        self.name = name

    def reads(self, file: GivenFile) -> bool:
        """Whether the content is a text with at least two columns at one of the delimiters."""
        source = text_of(file)
        if not source.readable or looks_like_json(source.text):
            return False
        found = delimiter_of(source.text)
        first = next(read_records(source.text, found), None)
        return found in self._delimiters and first is not None and len(first.cells) > 1

    def records(self, file: GivenFile) -> Iterator[Record]:
        """Yields the rows below the header; a row with broken quotes is a record with a problem."""
        text = text_of(file).text
        delimiter = delimiter_of(text)
        records = read_records(text, delimiter)
        rows = ((f"line {one.line}", (FAULTY,) if one.fault else one.cells) for one in records)
        for record in named_records(rows):
            faulty = list(record.value.values()) == [FAULTY]
            yield Record(record.place, {}, FAULTY) if faulty else record
