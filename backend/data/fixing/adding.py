"""Checks one more row against the rules, and appends it to the text of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from backend.data.check import check_rows, in_order
from backend.data.csv import CsvTable, Row, encode_record, read_table
from backend.data.rows import read_inputs
from backend.data.text import CALLS, MESSAGE, SPLIT, CheckOptions
from backend.errors import InputError
from backend.records import Issue
from backend.runs import Scratch


def check_row(message: str, calls: str, tools: Path, options: CheckOptions) -> tuple[Issue, ...]:
    """Returns the issues that the rules on rows find in a row with this message and this tool_calls cell."""
    return check_record({MESSAGE: message, CALLS: calls}, tools, options)


def check_record(cells: Mapping[str, str], tools: Path, options: CheckOptions) -> tuple[Issue, ...]:
    """Returns the issues that the rules on rows find in a row with these cells, by column."""
    with Scratch() as folder:
        path = Path(folder) / "row.csv"
        lines = [encode_record(tuple(cells)), encode_record(tuple(cells.values())), ""]
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        issues = check_rows(read_inputs(path, tools, options))
    return in_order([issue for issue in issues if issue.file == "csv" and issue.line is not None])


def append_row(dataset: Path, message: str, calls: str) -> bytes:
    """Returns the file as UTF-8 with the row appended; in a split column the row gets `train`.

    Raises InputError if the file has no header with both columns.
    """
    text = with_record(read_table(dataset), {MESSAGE: message, CALLS: calls, SPLIT: "train"})
    return text.encode("utf-8", "surrogatepass")


def with_record(table: CsvTable, cells: Mapping[str, str]) -> str:
    """Returns the text of the file with a row appended; cells of columns that it lacks are left out.

    A file without text gets a header. Raises InputError if the file has no header with both columns.
    """
    text = table.source.text
    if table.source.readable and not text.strip():
        return f"{encode_record(tuple(cells))}\n{encode_record(tuple(cells.values()))}\n"
    if table.header is None or not {MESSAGE, CALLS} <= table.index.keys():
        raise InputError(
            f"{table.source.path.name} has no header with {MESSAGE} and {CALLS}, so a row cannot be added to it here. "
            "Fix the file in the Data step first."
        )
    row = [""] * table.width
    for name, at in table.index.items():
        row[at] = cells.get(name, "")
    line_end = "\r\n" if "\r\n" in text else "\n"
    before = text if text.endswith(("\n", "\r")) else text + line_end
    return before + encode_record(tuple(row), table.delimiter) + line_end


def rows_alike(dataset: Path, message: str) -> tuple[Row, ...]:
    """Returns the rows with this message, ignoring case."""
    wanted = message.strip().casefold()
    return tuple(row for row in read_table(dataset).rows if (row.message or "").strip().casefold() == wanted)
