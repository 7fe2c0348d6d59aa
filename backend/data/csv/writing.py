"""Writing rows back to a CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from backend.data.calls import canonical_text
from backend.data.csv.reading import encode_record
from backend.data.text import ANSWER, REQUIRED_COLUMNS, SPLIT
from backend.files import write_output
from backend.records import Example

OPERATORS = ("=", "+", "-", "@")
FORMULA_STARTS = (*OPERATORS, "\t", "\r")
"""What makes a spreadsheet run a cell instead of showing it (OWASP, CSV Injection)."""


def inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def write_csv(examples: Iterable[Example], path: Path) -> None:
    """Write the rows as UTF-8 with user_message and tool_calls; answer and split too where a row has one.

    The file appears whole or not at all. InputError if it cannot be written.
    """
    rows = list(examples)
    extra = [name for name in (ANSWER, SPLIT) if any(getattr(example, name) for example in rows)]
    lines = [encode_record((*REQUIRED_COLUMNS, *extra))]
    for example in rows:
        calls = canonical_text([(call.name, call.arguments) for call in example.calls])
        lines.append(encode_record((example.message, calls, *(getattr(example, name) or "" for name in extra))))
    write_output(path, ("\n".join(lines) + "\n").encode())
