"""Reads a tool_calls cell, in any known form of calls, into names and arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from backend.data.calls.almost_json import MAX_REPAIRED, CellValue, Repair, read_almost_json
from backend.data.calls.notations import NAME_KEYS, WRAPPERS
from backend.data.calls.text import read_cell_value
from backend.data.text import JsonFault, Path, parse_json, path_text

ARGUMENT_KEYS = (
    *("args", "arguments", "parameters", "input", "params", "kwargs"),
    *("tool_args", "tool_arguments", "tool_input", "function_args", "function_arguments", "action_input", "inputs"),
)
_LISTS = ("tool_calls", "toolCalls", "function_calls", "calls")
_OTHER_KEYS = frozenset({"type", "id", "index", "call_id", "tool_call_id", "role", "content", *WRAPPERS})
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_NO_TOOL = frozenset({*NAME_KEYS, *ARGUMENT_KEYS, *_LISTS, *_OTHER_KEYS})
"""Keys that are not read as the name of a tool in `{"tool": {…}}`."""


@dataclass(frozen=True, slots=True)
class RawCall:
    """One call, unwrapped; `name` and `arguments` can have any type.

    `nulls` are the paths of the arguments that were null at any depth; `arguments` does not have them.
    """

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
    text = _ENCODER.encode(value)
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
        value = [value]
    calls = tuple(_read_call(item, shapes) for item in _items(value, shapes)) if isinstance(value, list) else None
    return CallsCell(text, value, calls, tuple(dict.fromkeys(shapes)), cell.repair)


def _items(values: list[Any], shapes: list[str]) -> Iterator[Any]:
    """Yields the objects of single calls: those of a message's list of calls, and those of `{"tool": {…}}`."""
    for value in values:
        item = _parsed_object(value, "json-in-string", shapes) if isinstance(value, str) else value
        present = {key: inner for key, inner in item.items() if inner is not None} if isinstance(item, Mapping) else {}
        listed = next((present[key] for key in _LISTS if isinstance(present.get(key), list)), None)
        if listed is not None:
            shapes += [] if item is values[0] and len(values) == 1 and "bare-object" in shapes else ["wrapped-call"]
            yield from listed
        elif present and not present.keys() & _NO_TOOL and all(_is_object(inner) for inner in present.values()):
            shapes.append("name-as-key")
            yield from ({"name": name, "args": inner} for name, inner in present.items())
        else:
            yield item


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, str) and isinstance(_object_in(value), Mapping))


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
    wrapper = next((key for key in WRAPPERS if isinstance(item.get(key), Mapping)), None)
    if wrapper is not None:
        shapes.append("wrapped-call")
        item = item[wrapper]
    elif isinstance(item.get("function"), str) and item.get("name") is None:
        shapes.append("wrapped-call")
        item = {**item, "name": item["function"]}
    name = _name_of(item, shapes)
    arguments, key = _arguments(item, shapes)
    nulls: list[str] = []
    if isinstance(arguments, Mapping):
        arguments = _without_nulls(arguments, (), nulls)
    used = {*NAME_KEYS, *_OTHER_KEYS, key}
    extra = (key for key, value in {**outer, **item}.items() if key not in used and value is not None)
    return RawCall(name, arguments, tuple(nulls), tuple(extra))


def _without_nulls(value: Any, path: Path, nulls: list[str]) -> Any:
    """Returns a value without the keys that are null, and without objects of such keys only; adds their paths.

    The columns of Arrow and Parquet fill in every key of every row with null.
    """
    if isinstance(value, list):
        return [_without_nulls(item, (*path, at), nulls) for at, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    kept: dict[str, Any] = {}
    for key, item in value.items():
        inner = _without_nulls(item, (*path, key), nulls) if isinstance(item, list | Mapping) else item
        if inner is None:
            nulls.append(path_text((*path, key)))
        elif inner or not item or not isinstance(item, Mapping):
            kept[key] = inner
    return kept


def _name_of(item: Mapping[str, Any], shapes: list[str]) -> Any:
    key = next((key for key in NAME_KEYS if item.get(key) is not None), "name")
    if key != "name":
        shapes.append("wrapped-call")
    return item.get(key)


def _arguments(item: Mapping[str, Any], shapes: list[str]) -> tuple[Any, str]:
    """Returns the arguments and their key; without such a key, there are no arguments."""
    key = next((key for key in ARGUMENT_KEYS if item.get(key) is not None), None)
    key = key or next((key for key in ARGUMENT_KEYS if key in item), "args")
    if key != "args":
        shapes.append("argument-key")
    value = item.get(key)
    if isinstance(value, str):
        value = _parsed_object(value, "arguments-in-string", shapes)
    return ({} if value is None else _from_pairs(value, shapes)), key


def _from_pairs(value: Any, shapes: list[str]) -> Any:
    """Returns the object of a list of pairs, each a list of two or an object with a name and a value."""
    if not isinstance(value, list) or not value:
        return value
    pairs = [_pair(item) for item in value]
    names = [pair[0] for pair in pairs if pair]
    if len(names) < len(pairs) or len(set(names)) < len(names):
        return value
    shapes.append("arguments-as-pairs")
    return dict(pair for pair in pairs if pair)


def _pair(item: Any) -> tuple[str, Any] | None:
    if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
        return item[0], item[1]
    if isinstance(item, Mapping) and len(item) == 2 and "value" in item:
        name = next(item[key] for key in item if key != "value")
        known = any(key in item for key in ("key", "name", "argument", "parameter"))
        return (name, item["value"]) if known and isinstance(name, str) else None
    return None


def _parsed_object(text: str, shape: str, shapes: list[str]) -> Any:
    """Returns the object in a string of JSON, or the string itself."""
    value = _object_in(text) if text.strip() else {}
    if value is None:
        return text
    shapes.append(shape)
    return value


def _object_in(text: str) -> Mapping[str, Any] | None:
    """Returns the object in a string of JSON or of a Python literal, or None."""
    try:
        value = parse_json(text)
    except JsonFault:
        found = read_almost_json(text) if text.lstrip().startswith("{") and len(text) <= MAX_REPAIRED else None
        value = found.value if found else None
    return value if isinstance(value, Mapping) else None
