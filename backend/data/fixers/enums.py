"""Fixers of enums and of lists of required arguments in tools.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backend.data.calls import is_a
from backend.data.fixers.together import always, replaced_schemas
from backend.data.fixers.tool_walk import all_places, changed_schema, changed_schemas
from backend.data.fixers.tools import has_schema
from backend.data.rows import Inputs
from backend.data.text import json_text, nearest
from backend.data.tools import References, enum_type, normal_parameters, normal_schema, plain_type

_NOT_RENDERED = ("integer", "number", "boolean")


def has_other_values(schema: Mapping[str, Any]) -> bool:
    """Whether an enum lists values that its type does not have."""
    values, kind = schema.get("enum"), schema.get("type")
    if not isinstance(values, list) or not values or not isinstance(kind, str):
        return False
    return any(not is_a(value, kind) for value in values)


def retype_enums(inputs: Inputs) -> Any:
    """Returns tools.json with the type of its values for each enum; values of several types become strings."""

    def retyped(schema: dict[str, Any]) -> dict[str, Any]:
        if not has_other_values(schema):
            return schema
        found: dict[str, Any] = normal_schema({**schema, "type": enum_type(schema["enum"]) or "string"}, References(()))
        return found

    return _changed(inputs, lambda schema: changed_schemas(schema, retyped))


def is_unseen_enum(schema: Mapping[str, Any]) -> bool:
    """Whether the template does not render an enum, and the description does not list its values either."""
    kind, values = schema.get("type"), schema.get("enum")
    if not isinstance(values, list) or not isinstance(kind, str) or plain_type(kind) not in _NOT_RENDERED:
        return False
    return not str(schema.get("description", "")).endswith(_allowed(values))


def _allowed(values: list[Any]) -> str:
    return f"Allowed: {', '.join(map(json_text, values))}."


def describe_enums(inputs: Inputs) -> Any:
    """Returns tools.json with the values of each enum that the template does not render in its description."""
    places = [
        place
        for place in all_places(inputs)
        if not place.is_whole and not place.is_items and is_unseen_enum(place.schema)
    ]
    return replaced_schemas(inputs.tools_file.raw, [(place.path, _described) for place in places])


def _described(schema: Mapping[str, Any]) -> dict[str, Any]:
    text = str(schema.get("description") or "").strip()
    begun = f"{text} " if text.endswith((".", "!", "?")) else f"{text}. " if text else ""
    return {**schema, "description": begun + _allowed(schema["enum"])}


def known_required(inputs: Inputs) -> Any:
    """Returns tools.json in normal form; `required` has the most similar argument for a name that is none, or less."""
    return _changed(inputs, lambda schema: changed_schema(schema, _with_known))


def _with_known(schema: dict[str, Any]) -> dict[str, Any]:
    required, properties = schema.get("required"), schema.get("properties")
    if not isinstance(required, list):
        return schema
    known = properties if isinstance(properties, Mapping) else {}
    if all(name in known for name in required):
        return schema
    likely = [name if name in known else nearest(name, known) for name in required]
    return {**schema, "required": list(dict.fromkeys(name for name in likely if name is not None))}


def _changed(inputs: Inputs, change: Callable[[Any], Any]) -> Any:
    """Returns tools.json with the change of each tool's schema in normal form."""
    entries = [entry for entry in inputs.tools_file.entries if entry.function is not None and has_schema(entry)]
    new = [(entry, change(normal_parameters(entry.schema, entry.references))) for entry in entries]
    return replaced_schemas(inputs.tools_file.raw, [(entry.schema_path, always(schema)) for entry, schema in new])
