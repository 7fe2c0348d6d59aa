"""Writing rows back to a CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from backend.data.call_reading import canonical_text
from backend.data.csv_reading import encode_record
from backend.data.options import ANSWER, REQUIRED_COLUMNS
from backend.records import Example


def write_csv(examples: Iterable[Example], path: Path) -> None:
    """Write the rows as UTF-8 with user_message and tool_calls, and answer where a row has one."""
    rows = list(examples)
    with_answer = any(example.answer for example in rows)
    lines = [encode_record((*REQUIRED_COLUMNS, ANSWER) if with_answer else REQUIRED_COLUMNS)]
    for example in rows:
        calls = canonical_text([(call.name, call.arguments) for call in example.calls])
        cells = (example.message, calls, example.answer) if with_answer else (example.message, calls)
        lines.append(encode_record(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
