"""Finds the schema of a value inside an object or an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def schema_below(schema: Any, step: str | int) -> Any:
    """Returns the schema of the value under a key or an index, or None if the schema says nothing about it.

    The first items of a tuple have schemas of their own, and so have the keys that an object does not list.
    """
    if not isinstance(schema, Mapping):
        return None
    if isinstance(step, int):
        first = schema.get("prefixItems")
        return first[step] if isinstance(first, list) and step < len(first) else schema.get("items")
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    return known[step] if step in known else schema.get("additionalProperties")


def array_sizes(schema: Mapping[str, Any]) -> tuple[int, int | None]:
    """Returns the least and the largest number of items of an array with a schema for each position; None: no limit."""
    least, most = (schema.get(key) for key in ("minItems", "maxItems"))
    closed = len(schema["prefixItems"]) if schema.get("items") is False else None
    return (least if isinstance(least, int) else 0), (most if isinstance(most, int) else closed)
