"""Fixers of tools.json: each takes the file as read and returns its new JSON value."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from backend.data.text import SCHEMA_WORDS
from backend.data.tools import SCHEMA_KEYS, ToolEntry, ToolsFile, normal_parameters


def re_decode_tools(file: ToolsFile) -> Any:
    """Returns the unchanged value; the text was decoded when it was read, and is written as UTF-8."""
    return file.raw


def standard_shape(file: ToolsFile) -> Any:
    """Returns the tools as a plain list of `{"type": "function", "function": {…}}`, with unchanged schemas."""
    if any(entry.function is None for entry in file.entries) or not file.entries:
        return file.raw
    return [_standard(entry, entry.schema) for entry in file.entries]


def standard_schemas(file: ToolsFile) -> Any:
    """Returns the value with every schema simplified and its types in JSON schema's own words."""
    raw = copy.deepcopy(file.raw)
    for entry in file.entries:
        if entry.function is not None and isinstance(entry.schema, Mapping) and entry.schema:
            holder = _at(raw, entry.function_path)
            holder[entry.schema_key] = normal_parameters(entry.schema)
    return raw


def rename_reserved(file: ToolsFile) -> Any:
    """Returns the value with each argument renamed that the template would leave out because of its name."""
    raw = copy.deepcopy(file.raw)
    for entry in file.entries:
        names = reserved_renames(entry)
        if names:
            schema = _at(raw, entry.function_path)[entry.schema_key]
            schema["properties"] = {names.get(name, name): item for name, item in schema["properties"].items()}
            if isinstance(schema.get("required"), list):
                schema["required"] = [names.get(name, name) for name in schema["required"]]
    return raw


def reserved_renames(entry: ToolEntry) -> dict[str, str]:
    """Returns the new name of each argument of a tool that the template would leave out because of its name."""
    properties = entry.schema.get("properties") if isinstance(entry.schema, Mapping) else None
    names = list(properties) if isinstance(properties, Mapping) else []
    renames: dict[str, str] = {}
    for name in names:
        if name in SCHEMA_WORDS:
            free = f"{name}_value"
            while free in names:
                free += "_"
            renames[name] = free
    return renames


def _standard(entry: ToolEntry, schema: Any) -> dict[str, Any]:
    function = dict(entry.function or {})
    ordered: dict[str, Any] = {key: function.pop(key) for key in ("name", "description") if key in function}
    for key in (*SCHEMA_KEYS, "type"):
        function.pop(key, None)
    if schema is not None:
        ordered["parameters"] = schema
    return {"type": "function", "function": {**ordered, **function}}


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value
