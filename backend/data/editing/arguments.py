"""Opens the schema of an argument as a form, and returns the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from backend.data.editing.forms import ArgumentForm
from backend.data.text import JsonFault, parse_json
from backend.data.tools import TYPES
from backend.errors import InputError

NUMBERS = ("integer", "number")


def argument_form(name: str, schema: Mapping[str, Any], required: bool) -> ArgumentForm:
    """Returns the form of an argument; what no field can hold is in `rest`, as JSON."""
    shown = _fields(schema)
    rest = {key: value for key, value in schema.items() if key not in shown}
    return ArgumentForm(
        name,
        name,
        shown.get("type", ""),
        shown.get("description", ""),
        _lines(shown.get("enum", [])),
        required,
        json.dumps(rest, indent=2, ensure_ascii=False) if rest else "",
    )


def _fields(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the part of a schema that fields can hold."""
    kind, description, values = (schema.get(key) for key in ("type", "description", "enum"))
    shown: dict[str, Any] = {}
    if isinstance(kind, str) and kind in TYPES:
        shown["type"] = kind
    if isinstance(description, str):
        shown["description"] = description
    if isinstance(values, list) and values and _values(_lines(values), shown.get("type", "")) == values:
        shown["enum"] = values
    return shown


def _lines(values: list[Any]) -> str:
    return "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)


def _values(lines: str, kind: str) -> list[Any]:
    """Returns the values on the lines: numbers for a number's type, else texts; empty lines do not count."""
    return [_value(line, kind) for line in lines.replace("\r", "").split("\n") if line.strip()]


def _value(line: str, kind: str) -> Any:
    if kind in NUMBERS:
        try:
            value = parse_json(line)
        except JsonFault:
            return line
        return value if isinstance(value, int | float) and not isinstance(value, bool) else line
    return line


def argument_schema(form: ArgumentForm, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the schema of an argument, its keys in their old order. Raises InputError if `rest` is no JSON object."""
    wanted: dict[str, Any] = {}
    if form.type:
        wanted["type"] = form.type
    if form.description or (before and before.get("description") == ""):
        wanted["description"] = form.description
    if form.values.strip():
        wanted["enum"] = _values(form.values, form.type)
    rest = _rest(form.rest)
    twice = wanted.keys() & rest.keys()
    if twice:
        raise InputError(f"{min(twice)} has a field of its own above. Remove it here, or empty that field.")
    wanted |= rest
    order = list(before or ())
    return dict(sorted(wanted.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order)))


def _rest(text: str) -> Mapping[str, Any]:
    if not text.strip():
        return {}
    try:
        value = parse_json(text)
    except JsonFault as fault:
        raise InputError(not_json(fault)) from fault
    if not isinstance(value, Mapping):
        raise InputError('The rest of a schema is a JSON object, such as {"minimum": 0}.')
    return value


def not_json(fault: JsonFault) -> str:
    """Returns the message about a text that is not JSON."""
    return f"This is not JSON: line {fault.line}, column {fault.column}: {fault.reason}."
