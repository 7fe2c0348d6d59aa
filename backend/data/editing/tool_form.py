"""Opens a tool as a form, and returns its entry of tools.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from backend.data.editing.arguments import argument_form, argument_schema, not_json
from backend.data.editing.forms import ArgumentForm, ToolForm
from backend.data.text import JsonFault, Path, parse_json, path_text, show
from backend.data.tools import ToolEntry, ToolsFile
from backend.errors import InputError


class FieldError(InputError):
    """A field of a form cannot be saved; `field` is its path in the form."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def new_tool() -> ToolForm:
    """Returns the form of a new tool."""
    return ToolForm(None, "", "", (ArgumentForm(required=True),))


def find_entry(file: ToolsFile, place: str) -> ToolEntry | None:
    """Returns the tool whose entry is at a path such as `[0].function.name`, or around it."""
    for entry in file.entries:
        text = path_text(entry.path)
        if place.startswith(text) and place[len(text) : len(text) + 1] in ("", ".", "["):
            return entry
    return None


def named_entry(file: ToolsFile, name: str) -> ToolEntry | None:
    """Returns the first tool with this name."""
    return next((entry for entry in file.entries if entry.tool is not None and entry.tool.name == name), None)


def open_tool(file: ToolsFile, entry: ToolEntry) -> ToolForm:
    """Returns the form of a tool; as JSON text if fields cannot hold it."""
    form = ToolForm(path_text(entry.path), entry.name if entry.tool else "", "", ())
    function = entry.function or {}
    if not _can_be_shown(entry):
        return replace(form, raw=json.dumps(value_at(file.raw, entry.path), indent=2, ensure_ascii=False))
    schema = entry.schema or {}
    required = schema.get("required", [])
    arguments = (argument_form(name, one, name in required) for name, one in schema.get("properties", {}).items())
    return replace(form, description=function.get("description", ""), arguments=tuple(arguments))


def _can_be_shown(entry: ToolEntry) -> bool:
    """Whether fields can hold the tool: its arguments are schemas under `properties`, and its texts are texts."""
    function, schema = entry.function, entry.schema
    if function is None or not all(isinstance(function.get(key, ""), str) for key in ("name", "description")):
        return False
    if schema in (None, {}):
        return True
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        return False
    properties, required = schema.get("properties", {}), schema.get("required", [])
    return (
        isinstance(properties, Mapping)
        and all(isinstance(one, Mapping) for one in properties.values())
        and isinstance(required, list)
        and all(isinstance(name, str) for name in required)
        and (bool(properties) or not schema.keys() - {"type", "properties", "required", "additionalProperties"})
    )


def value_at(value: Any, path: Path) -> Any:
    """Returns the value at a path."""
    for step in path:
        value = value[step]
    return value


def built_entry(form: ToolForm, file: ToolsFile, entry: ToolEntry | None) -> Any:
    """Returns the tool's entry of tools.json. Raises FieldError if a field cannot be saved."""
    if form.raw is not None:
        return _from_text(form.raw)
    if entry is None:
        function = _function(form, {"name": "", "description": "", "parameters": {}}, "parameters")
        return {"type": "function", "function": function}
    item = value_at(file.raw, entry.path)
    function = _function(form, entry.function or {}, entry.schema_key)
    if len(entry.function_path) > len(entry.path):
        return {**item, "function": function}
    return function if "name" in item or function["name"] != entry.name else _without(function, "name")


def _without(function: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in function.items() if name != key}


def _from_text(text: str) -> Any:
    try:
        value = parse_json(text)
    except JsonFault as fault:
        raise FieldError("raw", not_json(fault)) from fault
    if not isinstance(value, Mapping):
        raise FieldError("raw", "A tool is a JSON object with name, description and parameters.")
    return value


def _function(form: ToolForm, before: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Returns the object with the tool's name; what the form does not show stays as it was."""
    function = {**before, "name": form.name}
    if form.description or "description" in before:
        function["description"] = form.description
    schema = _schema(form.arguments, before.get(key) or {})
    if schema or key in before:
        function[key] = schema
    return function


def _schema(arguments: Sequence[ArgumentForm], before: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the schema of the arguments. Raises FieldError if a name is missing or occurs twice."""
    old = before.get("properties", {})
    properties: dict[str, Any] = {}
    for at, argument in enumerate(arguments):
        field = f"arguments.{at}.name"
        if not argument.name.strip():
            raise FieldError(field, "Give the argument a name, or remove it.")
        if argument.name in properties:
            raise FieldError(field, f"Two arguments are called {show(argument.name)}. Change one name.")
        try:
            properties[argument.name] = argument_schema(argument, old.get(argument.was) if argument.was else None)
        except InputError as error:
            raise FieldError(f"arguments.{at}.rest", str(error)) from error
    required = _required(arguments, before.get("required", []))
    if (properties, required) == (old, before.get("required", [])) and list(properties) == list(old):
        return dict(before)
    return {"type": "object", **before, "properties": properties, "required": required}


def _required(arguments: Sequence[ArgumentForm], before: Sequence[str]) -> list[str]:
    """Returns the names of the required arguments, those that were required before in their old order."""
    names = {argument.was or argument.name: argument.name for argument in arguments if argument.required}
    old = [names.pop(name) for name in before if name in names]
    return [*old, *names.values()]


def renamed_arguments(form: ToolForm) -> dict[str, str]:
    """Returns the new name of each renamed argument."""
    return {one.was: one.name for one in form.arguments if one.was and one.was != one.name}
