"""The tools in the one order and spelling that renders what was trained, whatever reads them on the phone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.files import write_text
from backend.records import Tool

ANDROID_TOOLS = "tools_android.json"


def canonical_tools(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """Each tool as name, description, parameters; arguments sorted by name; only what reaches the prompt is kept.

    The form that LiteRT-LM's OpenApiTool takes: without the `{"type": "function"}` wrapper and without `return`.
    """
    return [_function(tool) for tool in tools]


def write_android_tools(tools: Sequence[Tool], path: Path) -> None:
    """Writes the canonical tools as JSON. Raises InputError if the disk refuses."""
    write_text(path, json.dumps(canonical_tools(tools), ensure_ascii=False, indent=2) + "\n")


def _function(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "description": tool.description}
    if tool.parameters:
        function["parameters"] = _object(tool.parameters)
    return function


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of type object, in the order in which a declaration is rendered."""
    found: dict[str, Any] = {}
    if isinstance(schema.get("properties"), Mapping):
        found["properties"] = _properties(schema["properties"])
    if schema.get("required"):
        found["required"] = list(schema["required"])
    if schema.get("type"):
        found["type"] = schema["type"]
    return found


def _properties(schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _schema(schemas[name]) for name in sorted(schemas, key=str.lower)}


def _schema(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    kind = str(schema.get("type", "")).upper()
    if kind == "OBJECT" and not isinstance(schema.get("properties"), Mapping):
        return {key: schema[key] for key in sorted(schema, key=str.lower)}  # the template prints all of such a schema
    found: dict[str, Any] = {}
    if "description" in schema:
        found["description"] = schema["description"]
    if kind == "STRING" and schema.get("enum"):
        found["enum"] = list(schema["enum"])
    if kind == "ARRAY" and isinstance(schema.get("items"), Mapping):
        found["items"] = _items(schema["items"])
    if kind == "OBJECT":
        found |= {key: value for key, value in _object(schema).items() if key != "type"}
    if "type" in schema:
        found["type"] = schema["type"]
    return found


def _items(items: Mapping[str, Any]) -> dict[str, Any]:
    """What an array holds. The template prints every key of it, sorted, so none is dropped."""
    shown = {key: items[key] for key in sorted(items, key=str.lower) if items[key] is not None}
    if isinstance(shown.get("properties"), Mapping):
        shown["properties"] = _properties(shown["properties"])
    return shown
