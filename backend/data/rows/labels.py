"""The label of a row: its calls in a form that can be compared."""

from __future__ import annotations

import json
from collections.abc import Sequence

from backend.records import Call, Example

Label = tuple[str, ...]


def label_of(calls: tuple[Call, ...]) -> Label:
    """Returns the calls of a row in a form that can be compared: each call as text, sorted."""
    return tuple(sorted(json.dumps([call.name, call.arguments], sort_keys=True) for call in calls))


def labels_of(examples: Sequence[Example]) -> tuple[Label, ...]:
    """Returns each row's label; rows that share their calls, as equal cells do, share the computation."""
    by_calls = {id(example.calls): example.calls for example in examples}
    labels = {name: label_of(calls) for name, calls in by_calls.items()}
    return tuple(labels[id(example.calls)] for example in examples)
