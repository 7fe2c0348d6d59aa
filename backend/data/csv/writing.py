"""Writes rows to a CSV, or adds them to one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from backend.data.calls import canonical_text
from backend.data.csv.editor import CsvEditor
from backend.data.csv.reading import encode_record
from backend.data.csv.table import CsvTable
from backend.data.text import ANSWER, CALLS, MESSAGE, ORIGIN, REQUIRED_COLUMNS, SPLIT
from backend.errors import InputError
from backend.files import write_output
from backend.records import Example

OPERATORS = ("=", "+", "-", "@")
FORMULA_STARTS = (*OPERATORS, "\t", "\r")
"""The starts of a cell that a spreadsheet runs as a formula (OWASP, CSV Injection)."""


def inert(cell: str) -> str:
    """Returns the cell, with an apostrophe before it if a spreadsheet would run it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def write_csv(examples: Iterable[Example], path: Path) -> None:
    """Writes the rows as UTF-8 with user_message and tool_calls, and with answer, split and origin if a row has one.

    The file is written completely or not at all. Raises InputError if it cannot be written.
    """
    rows = list(examples)
    extra = [name for name in (ANSWER, SPLIT, ORIGIN) if any(getattr(example, name) for example in rows)]
    lines = [encode_record((*REQUIRED_COLUMNS, *extra))]
    for example in rows:
        calls = canonical_text([(call.name, call.arguments) for call in example.calls])
        lines.append(encode_record((example.message, calls, *(getattr(example, name) or "" for name in extra))))
    write_output(path, ("\n".join(lines) + "\n").encode())


def with_rows(table: CsvTable, rows: Sequence[Mapping[str, str]], new_columns: Sequence[str] = ()) -> bytes:
    """Returns the file as UTF-8 with more rows, given as cells by column; cells of other columns are dropped.

    A column of `new_columns` that the file lacks is added, empty for the rows that are there. A file without text gets
    the columns of the first row. Raises InputError if the file has no header with both required columns.
    """
    if table.source.readable and not table.source.text.strip() and rows:
        columns = tuple(dict.fromkeys((*rows[0], *new_columns)))
        lines = [encode_record(columns)]
        lines += [encode_record(tuple(row.get(name, "") for name in columns)) for row in rows]
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
    if table.header is None or not {MESSAGE, CALLS} <= table.index.keys():
        raise InputError(
            f"The CSV has no header with {MESSAGE} and {CALLS}, so no row can be added to it here. "
            "Fix the file in the Data step first."
        )
    added = [name for name in new_columns if name not in table.index]
    text = _with_columns(table, added) if added else table.source.text
    places = {**table.index, **{name: table.width + at for at, name in enumerate(added)}}
    line_end = "\r\n" if "\r\n" in text else "\n"
    before = text if text.endswith(("\n", "\r")) else text + line_end
    lines = []
    for row in rows:
        cells = [""] * (table.width + len(added))
        for name, cell in row.items():
            if name in places:
                cells[places[name]] = cell
        lines.append(encode_record(tuple(cells), table.delimiter) + line_end)
    return (before + "".join(lines)).encode("utf-8", "surrogatepass")


def _with_columns(table: CsvTable, names: Sequence[str]) -> str:
    """Returns the text of the file with empty columns at its right side."""
    editor = CsvEditor(table)
    if editor.header is not None:
        editor.header.rewrite((*editor.header.cells, *names))
    for row in list(editor.readable()):
        row.rewrite((*row.cells, *("" for _ in names)))
    return editor.text()
