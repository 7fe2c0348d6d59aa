"""Turns an argument's value into the text of a field, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from backend.data.editing.forms import ValueField
from backend.data.text import JsonFault, parse_json
from backend.records import Tool

FieldKind = Literal["text", "number", "choice", "json"]
ABSENT = object()
"""The value of an argument that a call does not have."""


def field_kind(schema: Any, was: str = "") -> FieldKind:
    """Returns how a value of this schema is typed; `was` is its present value as JSON, empty if there is none."""
    known = schema if isinstance(schema, Mapping) else {}
    kind = known.get("type")
    if allowed_values(schema):
        return "choice"
    if kind in ("integer", "number"):
        return "number"
    if kind == "string" or (kind is None and (not was or was.startswith('"'))):
        return "text"
    return "json"


def allowed_values(schema: Any) -> list[Any]:
    """Returns the values of an enum or of a boolean; empty if every value of the type is allowed."""
    known = schema if isinstance(schema, Mapping) else {}
    values = known.get("enum")
    if isinstance(values, list) and values:
        return values
    return [True, False] if known.get("type") == "boolean" else []


def shown_value(was: str, kind: FieldKind) -> str:
    """Returns the text of the field for a value as JSON."""
    value = parse_json(was) if was else ""
    if kind == "text" and isinstance(value, str):
        return value
    return was and json.dumps(value, ensure_ascii=False)


def value_of(field: ValueField, schema: Any) -> Any:
    """Returns the value of a field: the one in the file if the text is unchanged, else what the text says by its kind.

    A text that is no JSON stays a text, so that the check says what is wrong with it. An empty field is ABSENT.
    """
    kind = field_kind(schema, field.was)
    if field.was and field.text == shown_value(field.was, kind):
        return parse_json(field.was)
    if not field.text.strip():
        return ABSENT
    if kind == "text":
        return field.text
    try:
        return parse_json(field.text)
    except JsonFault:
        return field.text


def value_fields(tool: Tool | None, arguments: Mapping[str, Any]) -> tuple[ValueField, ...]:
    """Returns a field for each argument of the tool, then for each other one that the call has."""
    properties = tool.properties if tool else {}
    names = [*properties, *(name for name in arguments if name not in properties)]
    return tuple(_field(name, properties.get(name), arguments) for name in names)


def _field(name: str, schema: Any, arguments: Mapping[str, Any]) -> ValueField:
    was = json.dumps(arguments[name]) if name in arguments else ""
    return ValueField(name, shown_value(was, field_kind(schema, was)), was)
