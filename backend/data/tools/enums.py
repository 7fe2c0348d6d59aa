"""Reads the allowed values of a schema: `const`, enums with null, enums in other forms, and values of another type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from backend.data.text import json_text

_NAMES = {str: "string", int: "integer", bool: "boolean", float: "number", list: "array", dict: "object"}
_SEPARATOR = re.compile(r"\s*[,|;]\s*")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")


def read_enum(plain: dict[str, Any]) -> None:
    """Writes the allowed values of a schema as a list of values of its type, and the type that they determine."""
    if "const" in plain and not plain.get("enum") and isinstance(plain["const"], str | int | float):
        plain["enum"] = [plain.pop("const")]
    if "enum" in plain:
        values = _as_list(plain["enum"])
        if values == []:
            del plain["enum"]
        elif values is not None:
            plain["enum"] = [value for value in values if value is not None] if len(values) > 1 else values
    if plain.get("type") is None:
        kind = enum_type(plain.get("enum"))
        if kind is not None:
            plain["type"] = kind
    flags = plain.get("type") == "string" and enum_type(plain.get("enum")) == "boolean"
    if isinstance(plain.get("enum"), list) and isinstance(plain.get("type"), str) and not flags:
        values = [_as_kind(value, plain["type"]) for value in plain["enum"]]
        changed = any(new is not old for new, old in zip(values, plain["enum"], strict=True))
        plain["enum"] = _different(values) if changed else values


def enum_type(values: Any) -> str | None:
    """Returns the type that all values have, or None."""
    if not isinstance(values, list) or not values:
        return None
    kinds = {_NAMES.get(type(value)) for value in values}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else None


def _as_list(values: Any) -> list[Any] | None:
    """Returns the values that an enum means: the parts of a text, and the keys of an object."""
    if isinstance(values, list):
        return values
    if isinstance(values, str):
        return [part for part in _SEPARATOR.split(values.strip()) if part]
    return list(values) if isinstance(values, Mapping) else None


def _different(values: list[Any]) -> list[Any]:
    seen = [(type(value), value) for value in values]
    return [value for at, value in enumerate(values) if seen[at] not in seen[:at]]


def _as_kind(value: Any, kind: str) -> Any:
    """Returns the value in the type, if its spelling leaves no doubt, or the value itself."""
    if kind == "string" and isinstance(value, bool | int | float):
        return json_text(value)
    if not isinstance(value, str):
        return value
    word = value.strip()
    if kind == "integer" and _INTEGER.fullmatch(word):
        return int(word)
    if kind == "number" and _NUMBER.fullmatch(word):
        return float(word) if "." in word else int(word)
    if kind == "boolean" and word.lower() in ("true", "false"):
        return word.lower() == "true"
    return value
