"""Writes arrays with a schema for each position as arrays of one type, or as objects with named arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from backend.data.calls import schema_below
from backend.data.fixers.together import Together, always, replaced_schemas
from backend.data.fixers.tool_walk import changed_schemas
from backend.data.fixers.valid_names import free_name, valid_name
from backend.data.rows import Inputs
from backend.data.text import walk
from backend.data.tools import ToolEntry, merged, normal_parameters

_SEPARATOR = re.compile(r"\s*(?:,|;|/|\||\band\b|\bthen\b)\s*")
_LONGEST_LABEL = 3
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def first_items(schema: Any) -> list[Any] | None:
    """Returns the schemas of an array's positions, or None if it has no schema for each position."""
    if not isinstance(schema, Mapping):
        return None
    found = schema.get("prefixItems", schema.get("items"))
    return found if isinstance(found, list) and found else None


def one_item_type(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the schema that all positions of an array have in common, or None."""
    rest = [schema["items"]] if isinstance(schema.get("items"), Mapping) else []
    found = merged([*(_bare(item) for item in first_items(schema) or ()), *map(_bare, rest)])
    return found if found is not None and isinstance(found.get("type"), str) else None


def _bare(item: Any) -> Any:
    about = ("description", "title")
    return {key: value for key, value in item.items() if key not in about} if isinstance(item, Mapping) else item


def position_names(schema: Mapping[str, Any]) -> list[str]:
    """Returns a name for each position: from its title or description, the array's description, or its number."""
    items = first_items(schema) or []
    labels = [_label(item) for item in items]
    if not all(labels):
        parts = _SEPARATOR.split(str(schema.get("description", "")).strip().rstrip("."))
        parts = [part for part in (part.rpartition(":")[2].strip() for part in parts) if part]
        fitting = len(parts) == len(items) and all(len(part.split()) <= _LONGEST_LABEL for part in parts)
        labels = parts if fitting else [_ordinal(at) for at in range(len(items))]
    names: list[str] = []
    for label in labels:
        names.append(free_name(valid_name(label.lower(), "argument", ()), names))
    return names


def _label(item: Any) -> str:
    texts = (item.get(key) for key in ("title", "description")) if isinstance(item, Mapping) else ()
    return next((text for text in texts if isinstance(text, str) and 0 < len(text.split()) <= _LONGEST_LABEL), "")


def _ordinal(at: int) -> str:
    return _ORDINALS[at] if at < len(_ORDINALS) else f"item_{at + 1}"


def write_as_arrays(inputs: Inputs) -> Any:
    """Returns tools.json with each such array of one type as an array of items."""
    return _rewritten(inputs, _as_array)


def write_as_objects(inputs: Inputs) -> Together:
    """Returns tools.json with each such array as an object, and the arrays in the rows as objects."""
    schemas = {entry.tool.name: _normal(entry) for entry in _concerned(inputs) if entry.tool}
    return Together(_rewritten(inputs, _as_object), lambda name, given: (name, _named_value(given, schemas.get(name))))


def _rewritten(inputs: Inputs, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    new = [(entry.schema_path, changed_schemas(_normal(entry), change)) for entry in _concerned(inputs)]
    return replaced_schemas(inputs.tools_file.raw, ((path, always(schema)) for path, schema in new))


def _concerned(inputs: Inputs) -> list[ToolEntry]:
    """Returns the tools with an array that has a schema for each position."""
    return [
        entry
        for entry in inputs.tools_file.entries
        if entry.tool is not None
        and any(
            isinstance(value, dict) and isinstance(value.get("prefixItems"), list) for _, value in walk(_normal(entry))
        )
    ]


def _normal(entry: ToolEntry) -> Any:
    return normal_parameters(entry.schema, entry.references) if entry.schema else {}


def _as_array(schema: dict[str, Any]) -> dict[str, Any]:
    one = one_item_type(schema) if isinstance(schema.get("prefixItems"), list) else None
    if one is None:
        return schema
    plain = {key: value for key, value in schema.items() if key not in ("prefixItems", "items")}
    if schema.get("items") is False:
        plain.setdefault("maxItems", len(schema["prefixItems"]))
    return {**plain, "items": one}


def _as_object(schema: dict[str, Any]) -> dict[str, Any]:
    if not first_items(schema) or not isinstance(schema.get("prefixItems"), list):
        return schema
    names, items = position_names(schema), schema["prefixItems"]
    least = schema.get("minItems")
    about = {key: schema[key] for key in schema if key not in ("prefixItems", "items", "minItems", "maxItems", "type")}
    required = names[: least if isinstance(least, int) and least >= 0 else len(names)]
    properties = {name: item if isinstance(item, Mapping) else {} for name, item in zip(names, items, strict=True)}
    return {"type": "object", **about, "properties": properties, **({"required": required} if required else {})}


def _named_value(value: Any, schema: Any) -> Any:
    """Returns a value of the rows with an object for each array whose positions get names."""
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, Mapping):
        return {key: _named_value(item, schema_below(schema, key)) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [_named_value(item, schema_below(schema, at)) for at, item in enumerate(value)]
    first = schema.get("prefixItems")
    named = isinstance(first, list) and len(items) <= len(first)
    return dict(zip(position_names(schema), items, strict=False)) if named else items
