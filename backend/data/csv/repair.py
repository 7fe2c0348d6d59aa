"""Repairs the cells of a broken record if valid JSON proves that the result is right."""

from __future__ import annotations

import re
from itertools import islice

from backend.data.calls import read_cell_value
from backend.data.csv.reading import Record
from backend.data.csv.table import CsvTable
from backend.data.text import CALLS, MESSAGE, REQUIRED_COLUMNS

_ATTEMPTS = 12
_LONGEST = 20_000


def repaired_cells(record: Record, table: CsvTable) -> tuple[str, ...] | None:
    """Returns the intended cells of a record with a wrong cell count or wrong quotes, or None if they are unclear."""
    if record.fault is None and len(record.cells) > table.width:
        first, rest = record.cells[: table.width], record.cells[table.width :]
        if not any(cell.strip() for cell in rest):
            return first
    two_columns = table.width == len(REQUIRED_COLUMNS) and table.index.get(MESSAGE) == 0 and table.index.get(CALLS) == 1
    if not two_columns or record.end - record.start > _LONGEST:
        return None
    return _message_and_calls(table.source.text[record.start : record.end], table.delimiter)


def _message_and_calls(line: str, delimiter: str) -> tuple[str, str] | None:
    """Returns the two parts of the line at the first delimiter after which the rest is JSON, or None."""
    mark = re.escape(delimiter)
    for cut in islice(re.finditer(rf'{mark}[ \t]*"*(?=[\[{{])', line), _ATTEMPTS):
        message, rest = line[: cut.start()].strip(), line[cut.end() :].strip().rstrip('"').rstrip()
        for calls in (rest, rest.replace('""', '"')):
            value = read_cell_value(calls)
            if value.repair is None and isinstance(value.value, list | dict):
                return _unquoted(message), calls
    return None


def _unquoted(text: str) -> str:
    return text.removeprefix('"').removesuffix('"').replace('""', '"')
