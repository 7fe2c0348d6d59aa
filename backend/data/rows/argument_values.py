"""Collects the values of string arguments that have no enum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.records import Call, Example, Tool

ITEMS = "[]"
"""The step of an argument's path from an array to its items."""
_OPEN_KEYS = ("enum", "const", "format", "pattern")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool; `path` has the names below the tool, and ITEMS for the items of an array."""

    tool: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.tool, *self.path)).replace("." + ITEMS, ITEMS)


@dataclass(frozen=True, slots=True)
class ArgumentValue:
    """One value of an argument, and the row that has it."""

    example: Example
    value: str


def string_values(examples: Sequence[Example], tools: Mapping[str, Tool]) -> Mapping[Argument, list[ArgumentValue]]:
    """Returns the values of each string argument without an enum, also of nested objects and of items of arrays."""
    by_calls = {id(example.calls): example.calls for example in examples}
    values = {name: _values(calls, tools) for name, calls in by_calls.items()}
    found: dict[Argument, list[ArgumentValue]] = defaultdict(list)
    for example in examples:
        for argument, value in values[id(example.calls)]:
            found[argument].append(ArgumentValue(example, value))
    return found


def _values(calls: Sequence[Call], tools: Mapping[str, Tool]) -> list[tuple[Argument, str]]:
    """Returns the arguments of the calls with their values."""
    return [
        (Argument(call.name, path), value)
        for call in calls
        if call.name in tools
        for path, value in _strings(call.arguments, tools[call.name].parameters, ())
    ]


def _strings(value: Any, schema: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields the path and the value of each string whose schema is a string without a limit on its values."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(value, str):
        if schema.get("type") == "string" and path and not any(schema.get(key) for key in _OPEN_KEYS):
            yield path, value
    elif isinstance(value, Mapping):
        properties = schema.get("properties") or {}
        for name, item in value.items():
            yield from _strings(item, properties.get(name), (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, schema.get("items"), (*path, ITEMS))
