"""A tool's schema as the Kotlin value by which the generated file checks a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.data.calls import array_sizes
from backend.device.kotlin_text import string_literal
from backend.records import Tool

_LONG = 2**63


def schema_source(tool: Tool) -> str:
    """Returns the expression `Schema(…)` of the tool's arguments, one argument a line."""
    lines = [f"        {string_literal(name)} to {_schema(schema)}," for name, schema in tool.properties.items()]
    fields = "\n".join(["mapOf(", *lines, "    )"]) if lines else "emptyMap()"
    required = f"\n    required = {_list(tool.required)}," if tool.required else ""
    return f"Schema(\n    fields = {fields},{required}\n)"


def _schema(schema: Any) -> str:
    """Returns the expression of one value's schema; of an unknown schema, one that allows everything."""
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    parts = []
    if isinstance(known.get("type"), str):
        parts.append(string_literal(known["type"].lower()))
    if isinstance(known.get("enum"), list) and known["enum"]:
        parts.append(f"allowed = {_list(known['enum'])}")
    if isinstance(known.get("properties"), Mapping):
        parts += _fields(known)
    if isinstance(known.get("items"), Mapping):
        parts.append(f"items = {_schema(known['items'])}")
    if isinstance(known.get("prefixItems"), list) and known["prefixItems"]:
        parts += _positions(known)
    return f"Schema({', '.join(parts)})"


def _fields(schema: Mapping[str, Any]) -> list[str]:
    pairs = ", ".join(f"{string_literal(name)} to {_schema(inner)}" for name, inner in schema["properties"].items())
    parts = [f"fields = mapOf({pairs})" if pairs else "fields = emptyMap()"]
    if isinstance(schema.get("required"), list) and schema["required"]:
        parts.append(f"required = {_list(schema['required'])}")
    if schema.get("additionalProperties") or schema.get("patternProperties"):
        parts.append("open = true")
    if isinstance(schema.get("additionalProperties"), Mapping):
        parts.append(f"others = {_schema(schema['additionalProperties'])}")
    return parts


def _positions(schema: Mapping[str, Any]) -> list[str]:
    """Returns the arguments for an array that has a schema for each position."""
    parts = [f"first = listOf({', '.join(map(_schema, schema['prefixItems']))})"]
    least, most = array_sizes(schema)
    if least or most is not None:
        parts.append(f"sizes = {least}..{'Int.MAX_VALUE' if most is None else most}")
    return parts


def _list(values: Any) -> str:
    return f"listOf({', '.join(map(kotlin_value, values))})"


def kotlin_value(value: Any) -> str:
    """Returns a JSON value as a Kotlin expression; an integer is a Long, a number with a fraction a Double."""
    if isinstance(value, str):
        return string_literal(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) < _LONG:
        return f"{value}L"
    if isinstance(value, int | float):
        return repr(float(value))
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{string_literal(str(key))} to {kotlin_value(item)}" for key, item in value.items())
        return f"mapOf<String, Any?>({pairs})"
    return f"listOf<Any?>({', '.join(map(kotlin_value, value))})"
