"""Removes from a normal schema what would make a renderer fail, or would show arguments that do not exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.data.tools.references import References
from backend.data.tools.schema import normal_parameters

_SHOWN_OF_OBJECTS = frozenset({"type", "description", "properties", "required", "nullable"})


def safe_parameters(schema: Any, references: References) -> dict[str, Any]:
    """Returns the normal form without parts that would make a renderer fail, for any file."""
    return _safe(normal_parameters(schema, references))


def _safe(schema: Mapping[str, Any]) -> dict[str, Any]:
    safe: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("required", "enum", "prefixItems"):
            if not isinstance(value, list):
                continue
        elif key == "type" and not isinstance(value, str | list):
            continue
        safe[key] = _safe_value(key, value)
    return safe


def _safe_value(key: str, value: Any) -> Any:
    """Returns the value of one keyword in a form that every renderer can read."""
    if key == "properties":
        known = value if isinstance(value, Mapping) else {}
        return {name: _argument(_safe(item)) for name, item in known.items() if isinstance(item, Mapping)}
    if key == "items":
        return _safe(value) if isinstance(value, Mapping) else {} if value is not False else False
    if key == "prefixItems":
        return [_safe(item) if isinstance(item, Mapping) else {} for item in value]
    if key == "additionalProperties":
        return _safe(value) if isinstance(value, Mapping) else value
    if key == "required":
        return [item for item in value if isinstance(item, str)]
    if key == "description":
        return value if isinstance(value, str) else ""
    return value


def _argument(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns an argument's schema; an object without properties gets an empty list of them if it has other keys.

    The template takes every key of an object without properties for an argument: also `title`.
    """
    if schema.get("type") != "object" or "properties" in schema or schema.keys() <= _SHOWN_OF_OBJECTS:
        return schema
    return {"additionalProperties": True, **schema, "properties": {}}
