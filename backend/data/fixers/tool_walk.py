"""Iterates over the arguments of the tools in a tools.json, including nested ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.data.rows import Finding, Inputs
from backend.data.text import Path, path_text
from backend.data.tools import ToolEntry


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument in the file; `depth` is 0 for the arguments of the tool itself."""

    entry: ToolEntry
    path: Path
    name: str
    schema: Any
    depth: int

    @property
    def full_name(self) -> str:
        """The names of the tool and the argument, for messages."""
        return f"{self.entry.name}.{self.name}"


def named_entries(inputs: Inputs) -> Iterator[tuple[ToolEntry, Mapping[str, Any]]]:
    """Yields each entry that is a tool, with the object that holds its name."""
    for entry in inputs.tools_file.entries:
        if entry.function is not None:
            yield entry, entry.function


def all_arguments(inputs: Inputs) -> Iterator[Argument]:
    """Yields every argument of every tool, including those of nested objects and of array items."""
    for entry, _ in named_entries(inputs):
        yield from _arguments(entry, entry.schema, entry.schema_path, 0)


def _arguments(entry: ToolEntry, schema: Any, path: Path, depth: int) -> Iterator[Argument]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    for name, item in properties.items() if isinstance(properties, Mapping) else ():
        here = (*path, "properties", name)
        yield Argument(entry, here, name, item, depth)
        yield from _arguments(entry, item, here, depth + 1)
        if isinstance(item, Mapping):
            yield from _arguments(entry, item.get("items"), (*here, "items"), depth + 1)


def at(inputs: Inputs, path: Path, message: str, fix: str | None = None) -> Finding:
    """Returns a finding at a path of tools.json."""
    return Finding(message, inputs.tools_file.line(path), path_text(path) or None, fix)
