"""Converts rows to examples, and computes a row's id from its content."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence

from backend.data.csv import Row
from backend.data.rows.inputs import Inputs
from backend.records import Call, Example

_ID_LENGTH = 12


def row_id(message: str, calls: Sequence[Call]) -> str:
    """Returns a row's id: the first 12 hexadecimal digits of the SHA-256 of its message and calls."""
    content = json.dumps([message, [[call.name, dict(call.arguments)] for call in calls]], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]


def to_examples(rows: Iterable[Row], inputs: Inputs) -> tuple[Example, ...]:
    """Returns the rows as examples; of rows with equal content, the second id ends in `-2`, the third in `-3`."""
    seen: Counter[str] = Counter()
    calls_by_text: dict[str, tuple[Call, ...]] = {}
    examples: list[Example] = []
    for row in rows:
        text = row.calls or ""
        if text not in calls_by_text:
            calls_by_text[text] = inputs.calls_of(inputs.cell(text))
        calls = calls_by_text[text]
        message = row.message or ""
        name = row_id(message, calls)
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name}-{seen[name]}"
        split = row.split if row.split in ("train", "test") else None
        examples.append(Example(unique, row.line, message, calls, row.answer.strip(), split))
    return tuple(examples)
