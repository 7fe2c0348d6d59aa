"""Iterates over the schemas of the tools in a tools.json, including nested ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.data.rows import ITEMS, Finding, Inputs
from backend.data.text import Path, path_text
from backend.data.tools import ToolEntry, fields_of


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument in the file; `depth` is 0 for the arguments of the tool itself.

    `steps` are the names that lead to it in a call, with ITEMS for the items of an array.
    """

    entry: ToolEntry
    path: Path
    name: str
    schema: Any
    depth: int
    steps: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The names of the tool and the argument, for messages."""
        return f"{self.entry.name}.{self.name}"


@dataclass(frozen=True, slots=True)
class Place:
    """One schema in the file: of parameters, of an argument or of an array's items; `what` names it in messages."""

    entry: ToolEntry
    path: Path
    what: str
    schema: Mapping[str, Any]
    steps: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is the schema of a tool's parameters."""
        return not self.steps

    @property
    def is_items(self) -> bool:
        """Whether it is the schema of an array's items."""
        return self.steps[-1:] == (ITEMS,)


def named_entries(inputs: Inputs) -> Iterator[tuple[ToolEntry, Mapping[str, Any]]]:
    """Yields each entry that is a tool, with the object that holds its name."""
    for entry in inputs.tools_file.entries:
        if entry.function is not None:
            yield entry, entry.function


def all_arguments(inputs: Inputs) -> Iterator[Argument]:
    """Yields every argument of every tool, including those of nested objects and of array items."""
    for entry, _ in named_entries(inputs):
        yield from arguments_of(entry)


def arguments_of(entry: ToolEntry) -> Iterator[Argument]:
    """Yields every argument of one tool, including nested ones."""
    yield from _arguments(entry, entry.schema, entry.schema_path, (), 0)


def _arguments(entry: ToolEntry, schema: Any, path: Path, steps: tuple[str, ...], depth: int) -> Iterator[Argument]:
    fields, below = fields_of(schema, nested=depth > 0)
    for name, item in fields.items():
        here = (*path, *below, name)
        yield Argument(entry, here, name, item, depth, (*steps, name))
        yield from _arguments(entry, item, here, (*steps, name), depth + 1)
    for inner, inner_path in _items(schema) if below or not fields else ():
        yield from _arguments(entry, inner, (*path, *inner_path), (*steps, ITEMS), depth + 1)


def _items(schema: Any) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Yields the schemas of an array's items, and the path from the array's schema to each."""
    if not isinstance(schema, Mapping):
        return
    for key in ("items", "prefixItems"):
        inner = schema.get(key)
        if isinstance(inner, Mapping):
            yield inner, (key,)
        elif isinstance(inner, list):
            yield from ((one, (key, at)) for at, one in enumerate(inner) if isinstance(one, Mapping))


def all_places(inputs: Inputs) -> Iterator[Place]:
    """Yields the schemas of parameters, of every argument and of array items."""
    for entry, _ in named_entries(inputs):
        if isinstance(entry.schema, Mapping) and entry.schema:
            yield Place(entry, entry.schema_path, f"the parameters of {entry.name}", entry.schema, ())
    for argument in all_arguments(inputs):
        if isinstance(argument.schema, Mapping):
            what = f"the argument {argument.full_name}"
            yield from _places(argument, argument.schema, argument.path, what, argument.steps)


def _places(
    argument: Argument, schema: Mapping[str, Any], path: Path, what: str, steps: tuple[str, ...]
) -> Iterator[Place]:
    yield Place(argument.entry, path, what, schema, steps)
    fields, below = fields_of(schema, nested=True)
    for inner, inner_path in _items(schema) if below or not fields else ():
        items = f"the items of {argument.full_name}"
        yield from _places(argument, inner, (*path, *inner_path), items, (*steps, ITEMS))


def changed_schemas(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Returns a schema in which every schema of an argument or of items is replaced by `change` of it."""
    if not isinstance(schema, Mapping):
        return schema
    copy = dict(schema)
    if isinstance(copy.get("properties"), Mapping):
        copy["properties"] = {name: changed_schema(item, change) for name, item in copy["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(copy.get(key), Mapping):
            copy[key] = changed_schema(copy[key], change)
    for key in ("items", "prefixItems"):
        if isinstance(copy.get(key), list):
            copy[key] = [changed_schema(item, change) for item in copy[key]]
    return copy


def changed_schema(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Returns `change` of a schema whose inner schemas are changed already."""
    inner = changed_schemas(schema, change)
    return change(inner) if isinstance(inner, dict) else inner


def at(inputs: Inputs, path: Path, message: str, fix: str | None = None) -> Finding:
    """Returns a finding at a path of tools.json."""
    return Finding(message, inputs.tools_file.line(path), path_text(path) or None, fix)
