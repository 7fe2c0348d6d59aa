"""Writes rows to a CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from backend.data.calls import canonical_text
from backend.data.csv.reading import encode_record
from backend.data.text import ANSWER, ORIGIN, REQUIRED_COLUMNS, SPLIT
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
