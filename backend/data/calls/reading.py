"""Reads a tool_calls cell, in any known form of calls, into names and arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from backend.data.calls.text import CellValue, Repair, read_cell_value
from backend.data.text import JsonFault, parse_json

ARGUMENT_KEYS = ("args", "arguments", "parameters", "input")
NAME_KEYS = ("name", "tool_name", "function_name", "tool")
_WRAPPER_KEYS = frozenset({"function", "type", "id", "index", "call_id", "tool_call_id"})
_MISSING = object()


@dataclass(frozen=True, slots=True)
class RawCall:
    """One call, unwrapped; `name` and `arguments` can have any type, and `nulls` are the keys with the value null."""

    name: Any
    arguments: Any
    nulls: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the call has a name and an object of arguments."""
        return isinstance(self.name, str) and bool(self.name) and isinstance(self.arguments, Mapping)


@dataclass(frozen=True)
class CallsCell:
    """The content of a tool_calls cell.

    `calls` is None if the cell has no list of calls; an item of it is None if it is not an object. `shapes` are the
    names of the unwrapped forms. `repair` and `fault` are those of the JSON.
    """

    text: str
    value: Any
    calls: tuple[RawCall | None, ...] | None
    shapes: tuple[str, ...] = ()
    repair: Repair | None = None
    fault: JsonFault | None = None

    @property
    def empty(self) -> bool:
        """Whether the cell is empty."""
        return not self.text.strip()

    @cached_property
    def sound(self) -> tuple[RawCall, ...]:
        """The calls that have a name and arguments."""
        return tuple(call for call in self.calls or () if call is not None and call.sound)

    @property
    def canonical(self) -> str:
        """The cell in the standard form, `[{"name": …, "args": {…}}]`."""
        return canonical_text([(call.name, call.arguments) for call in self.calls or () if call is not None])


def canonical_text(calls: list[tuple[str, Mapping[str, Any]]]) -> str:
    """Returns calls in the form of the tool_calls column; a lone surrogate is written as its escape."""
    value = [{"name": name, "args": dict(arguments)} for name, arguments in calls]
    text = json.dumps(value, ensure_ascii=False)
    return text if _encodable(text) else json.dumps(value)


def _encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def read_calls(text: str) -> CallsCell:
    """Returns the content of one cell; never raises."""
    if not text.strip():
        return CallsCell(text, None, None)
    cell = read_cell_value(text)
    if cell.fault is not None:
        return CallsCell(text, None, None, fault=cell.fault)
    shapes: list[str] = []
    value = _open_strings(cell, shapes)
    if isinstance(value, Mapping):
        shapes.append("bare-object")
        value = value["tool_calls"] if isinstance(value.get("tool_calls"), list) else [value]
    calls = tuple(_read_call(item, shapes) for item in value) if isinstance(value, list) else None
    return CallsCell(text, value, calls, tuple(dict.fromkeys(shapes)), cell.repair)


def _open_strings(cell: CellValue, shapes: list[str]) -> Any:
    """Returns the value, parsed again if it is a JSON string with JSON in it, at most twice."""
    value = cell.value
    for _ in range(2):
        if not isinstance(value, str):
            break
        inner = read_cell_value(value)
        if not isinstance(inner.value, list | dict):
            break
        shapes.append("json-in-string")
        value = inner.value
    return value


def _read_call(item: Any, shapes: list[str]) -> RawCall | None:
    if isinstance(item, str):
        item = _parsed_object(item, "json-in-string", shapes)
    if not isinstance(item, Mapping):
        return None
    outer = item
    if isinstance(item.get("function"), Mapping):
        shapes.append("wrapped-call")
        item = item["function"]
    elif isinstance(item.get("function"), str) and "name" not in item:
        shapes.append("wrapped-call")
        item = {**item, "name": item["function"]}
    name = _name_of(item, shapes)
    arguments, key = _arguments(item, shapes)
    nulls: tuple[str, ...] = ()
    if isinstance(arguments, Mapping):
        nulls = tuple(name for name, value in arguments.items() if value is None)
        arguments = {name: value for name, value in arguments.items() if value is not None}
    used = {*NAME_KEYS, *_WRAPPER_KEYS, key}
    return RawCall(name, arguments, nulls, tuple(key for key in {**outer, **item} if key not in used))


def _name_of(item: Mapping[str, Any], shapes: list[str]) -> Any:
    for key in NAME_KEYS:
        if key in item:
            if key != "name":
                shapes.append("wrapped-call")
            return item[key]
    return None


def _arguments(item: Mapping[str, Any], shapes: list[str]) -> tuple[Any, str]:
    """Returns the arguments and their key; without such a key, there are no arguments."""
    for key in ARGUMENT_KEYS:
        value = item.get(key, _MISSING)
        if value is _MISSING:
            continue
        if key != "args":
            shapes.append("argument-key")
        if isinstance(value, str):
            value = _parsed_object(value, "arguments-in-string", shapes)
        return ({} if value is None else value), key
    return {}, "args"


def _parsed_object(text: str, shape: str, shapes: list[str]) -> Any:
    """Returns the object in a string of JSON, or the string itself."""
    if not text.strip():
        shapes.append(shape)
        return {}
    try:
        value = parse_json(text)
    except JsonFault:
        return text
    if isinstance(value, Mapping):
        shapes.append(shape)
        return value
    return text
