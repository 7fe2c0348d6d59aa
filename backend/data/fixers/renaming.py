"""Renames tools and arguments in tools.json and in the rows together, and keeps the app's own names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backend.data.calls import schema_below
from backend.data.fixers.together import CallChange, Together, always, replaced_schemas
from backend.data.fixers.tool_walk import arguments_of
from backend.data.fixers.valid_names import Noun, is_not_kotlin, name_problem, valid_name
from backend.data.rows import Inputs
from backend.data.text import SCHEMA_WORDS, walk
from backend.data.tools import REFERENCE_KEYS, ToolEntry, normal_parameters, renamed_at

Unusable = Callable[[str], bool]
NewNames = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""Returns the new name of each argument of an object that gets one."""


def cannot_be_read(name: str) -> bool:
    """Whether the phone's grammar cannot read the name."""
    return name_problem(name) is not None


def is_left_out(name: str) -> bool:
    """Whether the template leaves out an argument with this name."""
    return name in SCHEMA_WORDS


def rename_tools(unusable: Unusable) -> Callable[[Inputs], Together]:
    """Returns a fixer that renames the tools whose names are unusable."""
    return lambda inputs: _with_new_tools(inputs, unusable)


def rename_arguments_of_tools(unusable: Unusable) -> Callable[[Inputs], Together]:
    """Returns a fixer that renames the arguments whose names are unusable, at any depth."""
    return lambda inputs: _with_new_arguments(inputs, unusable)


def rename_for_kotlin(inputs: Inputs) -> Together:
    """Renames the tools and arguments whose names Kotlin cannot read."""
    tools = _with_new_tools(inputs, is_not_kotlin)
    arguments = _with_new_arguments(inputs, is_not_kotlin)
    names = new_tool_names(inputs, is_not_kotlin)
    value = _with_names(inputs, arguments.value, names)
    return Together(value, lambda name, given: tools.change(*arguments.change(name, given)))


def new_tool_names(inputs: Inputs, unusable: Unusable) -> dict[str, str]:
    """Returns the new names of the tools whose names are unusable."""
    taken = {entry.tool.name for entry in inputs.tools_file.entries if entry.tool is not None}
    names: dict[str, str] = {}
    for entry in inputs.tools_file.entries:
        if entry.tool is not None and unusable(entry.tool.name) and entry.tool.name not in names:
            names[entry.tool.name] = valid_name(entry.tool.name, "tool", taken, entry.tool.description)
            taken.add(names[entry.tool.name])
    return names


def new_argument_names(properties: Mapping[str, Any], unusable: Unusable) -> dict[str, str]:
    """Returns the new names of an object's arguments whose names are unusable."""
    noun: Noun = "argument"
    taken = set(properties)
    names: dict[str, str] = {}
    for name, schema in properties.items():
        if unusable(name):
            about = schema.get("description") if isinstance(schema, Mapping) else None
            names[name] = valid_name(name, noun, taken, about if isinstance(about, str) else "")
            taken.add(names[name])
    return names


def can_rename_arguments(entry: ToolEntry) -> bool:
    """Whether no reference is left in the tool's normal form; a renamed argument could break it."""
    return not _has_references(_plain_schema(entry))


def _with_new_tools(inputs: Inputs, unusable: Unusable) -> Together:
    names = new_tool_names(inputs, unusable)
    return Together(
        _with_names(inputs, inputs.tools_file.raw, names), lambda name, given: (names.get(name, name), given)
    )


def _with_names(inputs: Inputs, raw: Any, names: Mapping[str, str]) -> Any:
    """Returns the JSON value with the tools renamed."""
    return replaced_schemas(
        raw,
        [
            (entry.function_path, _called(entry.tool.name, names[entry.tool.name]))
            for entry in inputs.tools_file.entries
            if entry.tool is not None and entry.tool.name in names
        ],
    )


def _called(before: str, name: str) -> Callable[[Any], Any]:
    return lambda function: {**renamed_at(function, before), "name": name}


def _with_new_arguments(inputs: Inputs, unusable: Unusable) -> Together:
    def new_names(properties: Mapping[str, Any]) -> Mapping[str, str]:
        return new_argument_names(properties, unusable)

    schemas: dict[str, Any] = {}
    replaced = []
    for entry in inputs.tools_file.entries:
        schema = _plain_schema(entry)
        if entry.tool is None or _has_references(schema):
            continue
        new = _renamed_schema(schema, new_names)
        if new != schema:
            schemas.setdefault(entry.tool.name, schema)
            replaced.append((entry.schema_path, always(new)))
    return Together(replaced_schemas(inputs.tools_file.raw, replaced), _call_change(schemas, new_names))


def _call_change(schemas: Mapping[str, Any], new_names: NewNames) -> CallChange:
    return lambda name, given: (name, _renamed_value(given, schemas.get(name), new_names))


def _plain_schema(entry: ToolEntry) -> Any:
    """Returns a tool's schema, in normal form if it has references or another dialect's form."""
    standard = all(argument.path[-2] == "properties" for argument in arguments_of(entry))
    if isinstance(entry.schema, Mapping) and standard and not _has_references(entry.schema):
        return entry.schema
    return normal_parameters(entry.schema, entry.references) if entry.schema else entry.schema


def _has_references(schema: Any) -> bool:
    return any(path and path[-1] in REFERENCE_KEYS for path, _ in walk(schema))


def _renamed_schema(schema: Any, new_names: NewNames) -> Any:
    """Returns a schema with its arguments renamed at every depth."""
    if not isinstance(schema, Mapping):
        return schema
    copy = dict(schema)
    properties = copy.get("properties")
    if isinstance(properties, Mapping):
        names = new_names(properties)
        copy["properties"] = {
            names.get(name, name): _renamed_argument(item, name, names, new_names) for name, item in properties.items()
        }
        if isinstance(copy.get("required"), list):
            copy["required"] = [names.get(one, one) if isinstance(one, str) else one for one in copy["required"]]
    for key in ("items", "additionalProperties"):
        copy |= {key: _renamed_schema(copy[key], new_names)} if isinstance(copy.get(key), Mapping) else {}
    for key in ("items", "prefixItems"):
        if isinstance(copy.get(key), list):
            copy[key] = [_renamed_schema(item, new_names) for item in copy[key]]
    return copy


def _renamed_argument(item: Any, name: str, names: Mapping[str, str], new_names: NewNames) -> Any:
    inner = _renamed_schema(item, new_names)
    return renamed_at(inner, name) if name in names and isinstance(inner, Mapping) else inner


def _renamed_value(value: Any, schema: Any, new_names: NewNames) -> Any:
    """Returns a value of the rows with the keys that its schema's arguments get."""
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list):
        return [_renamed_value(item, schema_below(schema, at), new_names) for at, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    properties = schema.get("properties")
    names = new_names(properties) if isinstance(properties, Mapping) else {}
    free = {old: new for old, new in names.items() if new not in value}
    return {
        free.get(key, key): _renamed_value(item, schema_below(schema, key), new_names) for key, item in value.items()
    }
