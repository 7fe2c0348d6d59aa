"""Decides whether two calls are equal."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backend.data.calls import with_defaults
from backend.records import Call, Tool

_LOOSE = re.compile(r"[ ,./\-_*^]")  # the Berkeley Function-Calling Leaderboard drops these before it compares strings


def same_calls(gold: Sequence[Call], predicted: Sequence[Call], tools: Mapping[str, Tool], loose: bool = False) -> bool:
    """Whether the calls match one to one in any order; `loose` compares strings as the Berkeley leaderboard does."""
    return len(gold) == len(predicted) and not unmatched(gold, predicted, tools, loose)[0]


def same_tools(gold: Sequence[Call], predicted: Sequence[Call]) -> bool:
    """Whether both call the same tools, each the same number of times."""
    return Counter(call.name for call in gold) == Counter(call.name for call in predicted)


def unmatched(
    gold: Sequence[Call], predicted: Sequence[Call], tools: Mapping[str, Tool], loose: bool = False
) -> tuple[list[Call], list[Call]]:
    """Returns the expected and the predicted calls that have no equal call on the other side."""
    left = list(predicted)
    missing = []
    for call in gold:
        twin = next((at for at, other in enumerate(left) if _same_call(call, other, tools, loose)), None)
        if twin is None:
            missing.append(call)
        else:
            del left[twin]
    return missing, left


def with_all_defaults(calls: Sequence[Call], tools: Mapping[str, Tool]) -> tuple[Call, ...]:
    """Returns the calls with the schema's default of every optional argument that they leave out."""
    return tuple(
        Call(call.name, with_defaults(drop_nulls(call.arguments), tools[call.name].parameters))
        if call.name in tools
        else call
        for call in calls
    )


def drop_nulls(value: Any) -> Any:
    """Returns `value` without the keys whose value is null, at every depth."""
    if isinstance(value, Mapping):
        return {key: drop_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [drop_nulls(item) for item in value]
    return value


def same_value(gold: Any, predicted: Any, schema: Any, loose: bool = False) -> bool:
    """Whether two argument values are equal by the schema's type, or without one by the expected value's type."""
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    if isinstance(gold, bool) or isinstance(predicted, bool):
        return gold is predicted
    if isinstance(gold, int | float) and isinstance(predicted, int | float):
        return gold == predicted
    if isinstance(gold, str) and isinstance(predicted, str):
        return gold == predicted if known.get("enum") and not loose else _text(gold, loose) == _text(predicted, loose)
    if isinstance(gold, list) and isinstance(predicted, list):
        items = known.get("items")
        return len(gold) == len(predicted) and all(
            same_value(one, other, items, loose) for one, other in zip(gold, predicted, strict=True)
        )
    if isinstance(gold, Mapping) and isinstance(predicted, Mapping):
        return _same_object(gold, predicted, known.get("properties"), loose)
    return gold is None and predicted is None


def _same_call(gold: Call, predicted: Call, tools: Mapping[str, Tool], loose: bool) -> bool:
    if gold.name != predicted.name:
        return False
    properties = tools[gold.name].properties if gold.name in tools else {}
    return _same_object(gold.arguments, predicted.arguments, properties, loose)


def _same_object(gold: Mapping[str, Any], predicted: Mapping[str, Any], properties: Any, loose: bool) -> bool:
    known: Mapping[str, Any] = properties if isinstance(properties, Mapping) else {}
    gold, predicted = drop_nulls(gold), drop_nulls(predicted)
    return gold.keys() == predicted.keys() and all(
        same_value(value, predicted[key], known.get(key), loose) for key, value in gold.items()
    )


def _text(text: str, loose: bool) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return _LOOSE.sub("", text).lower() if loose else text
