"""Converts rows to examples, and computes a row's id from its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from backend.data.csv import Row
from backend.data.rows.inputs import Inputs
from backend.records import Call, Example

_ID_LENGTH = 12


def row_id(message: str, calls: Sequence[Call]) -> str:
    """Returns a row's id: the first 12 hexadecimal digits of the SHA-256 of its message and calls."""
    return _id(message, _calls_text(calls))


def _calls_text(calls: Sequence[Call]) -> str:
    return json.dumps([[call.name, dict(call.arguments)] for call in calls], sort_keys=True)


def _id(message: str, calls_text: str) -> str:
    content = f"[{json.dumps(message)}, {calls_text}]"
    return hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]


def to_examples(rows: Iterable[Row], inputs: Inputs) -> tuple[Example, ...]:
    """Returns the rows as examples; of rows with equal content, the second id ends in `-2`, the third in `-3`."""
    seen: dict[str, int] = {}
    by_text: dict[str, tuple[tuple[Call, ...], str]] = {}
    examples: list[Example] = []
    for row in rows:
        text = row.calls or ""
        if text not in by_text:
            calls = inputs.calls_of(inputs.cell(text))
            by_text[text] = calls, _calls_text(calls)
        calls, calls_text = by_text[text]
        message = row.message or ""
        name = _id(message, calls_text)
        seen[name] = seen.get(name, 0) + 1
        unique = name if seen[name] == 1 else f"{name}-{seen[name]}"
        split = row.split if row.split in ("train", "test") else None
        examples.append(Example(unique, row.line, message, calls, row.answer.strip(), split, row.origin.strip()))
    return tuple(examples)
