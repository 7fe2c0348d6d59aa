"""Renames keys in calls that no schema lists and that the phone's grammar cannot read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.data.calls import CallsCell, RawCall, schema_below
from backend.data.fixers.together import changed_calls
from backend.data.fixers.valid_names import valid_name
from backend.data.rows import Inputs
from backend.data.text import Path
from backend.prompts import is_name


def free_keys(call: RawCall, inputs: Inputs) -> Iterator[tuple[Path, str]]:
    """Yields the path of each unreadable key in an open object of a call, and the key's new name."""
    tool = inputs.tools.get(call.name)
    if tool is not None and any(isinstance(value, dict | list) for value in call.arguments.values()):
        yield from _unreadable(call.arguments, tool.parameters, ())


def rename_free_keys(cell: CallsCell, inputs: Inputs) -> str:
    """Renames each unreadable key in the open objects of the calls."""

    def change(name: str, given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        tool = inputs.tools.get(name)
        return name, given if tool is None else _renamed(given, tool.parameters, is_whole=True)

    return changed_calls(cell, change)


def _unreadable(value: Any, schema: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        names = _new_names(value, schema, is_whole=not path)
        for key, item in value.items():
            if key in names:
                yield (*path, key), names[key]
            yield from _unreadable(item, schema_below(schema, key), (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _unreadable(item, schema_below(schema, at), (*path, at))


def _renamed(value: Any, schema: Any, *, is_whole: bool = False) -> Any:
    if isinstance(value, Mapping):
        names = _new_names(value, schema, is_whole=is_whole)
        return {names.get(key, key): _renamed(item, schema_below(schema, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, schema_below(schema, at)) for at, item in enumerate(value)]
    return value


def _new_names(value: Mapping[str, Any], schema: Any, *, is_whole: bool) -> dict[str, str]:
    """Returns the new names of an object's unreadable keys; another rule reports those of a closed object."""
    known = schema.get("properties") if isinstance(schema, Mapping) else None
    if is_whole or (isinstance(known, Mapping) and not schema.get("additionalProperties")):
        return {}
    taken = {*value, *(known or ())}
    names: dict[str, str] = {}
    for key in value:
        if key not in (known or ()) and not is_name(key):
            names[key] = valid_name(key, "argument", taken)
            taken.add(names[key])
    return names
