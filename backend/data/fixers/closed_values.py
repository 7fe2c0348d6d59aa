"""Lists the closed values of arguments as enums in tools.json."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.data.rows import ITEMS, Argument, ClosedValues, SetView, closed_values
from backend.data.text import Path
from backend.data.tools import ToolsFile, plain_type

_EXAMPLES = re.compile(r"\be\.?\s?g\b|\bsuch as\b|\bfor (?:example|instance)\b|\bincluding\b|\betc\b|\.\.\.|…", re.I)


@dataclass(frozen=True, slots=True)
class ClosedArgument:
    """A closed argument with its path and schema in tools.json; `obstacle` says why it has no fix."""

    found: ClosedValues
    path: Path
    schema: Mapping[str, Any]
    obstacle: str


def closed_arguments(view: SetView) -> Iterator[ClosedArgument]:
    """Yields the arguments of tools.json with closed values, in the order of the rows."""
    file = view.inputs.tools_file
    for found in closed_values(view):
        path, schema = _locate(file, found.argument)
        yield ClosedArgument(found, path, schema, _obstacle(schema))


def list_closed_values(view: SetView, selected: Callable[[int], bool]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yields the path and the new schema of each closed argument whose line in tools.json is selected."""
    file = view.inputs.tools_file
    for argument in closed_arguments(view):
        if not argument.obstacle and selected(file.line(argument.path)):
            yield argument.path, {**argument.schema, "enum": list(argument.found.uses)}


def _locate(file: ToolsFile, argument: Argument) -> tuple[Path, Mapping[str, Any]]:
    """Returns the path and the schema of an argument; of one behind a reference, those of what is around it."""
    entry = next(entry for entry in file.entries if entry.tool and entry.tool.name == argument.tool)
    path: Path = entry.schema_path
    schema: Mapping[str, Any] = entry.schema
    for name in argument.path:
        steps = ("items",) if name == ITEMS else ("properties", name)
        inner: Any = schema
        for step in steps:
            inner = inner.get(step) if isinstance(inner, Mapping) else None
        if not isinstance(inner, Mapping):
            return path, {}
        path, schema = (*path, *steps), inner
    return path, schema


def _obstacle(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if not isinstance(kind, str) or plain_type(kind) != "string":
        return 'Its type in tools.json is not a plain "string", so it has no fix. Add the enum by hand.'
    words = _EXAMPLES.search(str(schema.get("description", "")))
    if words:
        return (
            f'The description says "{words[0]}", so more values may be allowed. If the list is complete, list all '
            "values in the description instead of giving examples, or add the enum by hand."
        )
    return ""
