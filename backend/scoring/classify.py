"""Classifies wrong answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backend.records import Call, Tool
from backend.scoring.call_matching import drop_nulls, same_value, unmatched


def classify(gold: Sequence[Call], predicted: Sequence[Call], tools: Mapping[str, Tool]) -> tuple[str, str]:
    """Returns the error class of a parsed but wrong answer, and a phrase that describes the difference."""
    unknown = sorted({call.name for call in predicted} - tools.keys())
    if unknown:
        return "unknown_tool", f"{unknown[0]} is not a tool of this set"
    expected, found = Counter(call.name for call in gold), Counter(call.name for call in predicted)
    if expected != found:
        return _wrong_tools(gold, predicted, expected, found)
    missing, left = unmatched(gold, predicted, tools)
    twin = next(call for call in left if call.name == missing[0].name)
    return _wrong_arguments(drop_nulls(missing[0].arguments), drop_nulls(twin.arguments), tools[twin.name])


def conforms(value: Any, schema: Any) -> bool:
    """Whether a value has the JSON type that the schema names; an unknown or missing type allows everything."""
    kind = str(schema.get("type", "")).lower() if isinstance(schema, Mapping) else ""
    if kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return kind == "number" or isinstance(value, int) or value.is_integer()
    types: dict[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict}
    return kind not in types or isinstance(value, types[kind])


def _wrong_tools(
    gold: Sequence[Call], predicted: Sequence[Call], expected: Counter[str], found: Counter[str]
) -> tuple[str, str]:
    if not found - expected:
        return "no_call", f"{_listed(expected - found)} was not called"
    if not expected - found:
        repeated = [call for at, call in enumerate(predicted) if call in predicted[:at] and gold]
        what = "was called twice" if repeated else "was called without need"
        return "extra_call", f"{_listed(found - expected)} {what}"
    return "wrong_tool", f"{_listed(found - expected)} instead of {_listed(expected - found)}"


def _wrong_arguments(gold: Mapping[str, Any], predicted: Mapping[str, Any], tool: Tool) -> tuple[str, str]:
    missing = sorted(gold.keys() - predicted.keys())
    if missing:
        return "missing_arg", f"{missing[0]} is missing"
    extra = sorted(predicted.keys() - gold.keys())
    if extra:
        return "extra_arg", f"{extra[0]} was not expected"
    for key, value in gold.items():
        schema = tool.properties.get(key)
        if same_value(value, predicted[key], schema):
            continue
        difference = f"{key}: {_shown(predicted[key])} instead of {_shown(value)}"
        if not conforms(predicted[key], schema):
            return "wrong_type", difference
        enum = schema.get("enum") if isinstance(schema, Mapping) else None
        if enum and predicted[key] not in enum:
            return "enum_violation", difference
        return "wrong_value", difference
    raise AssertionError("classify got a right answer")


def _shown(value: Any) -> str:
    """Returns a value as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _listed(names: Counter[str]) -> str:
    return ", ".join(sorted(names.elements()))
