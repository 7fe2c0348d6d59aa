"""The result of a fixer that changes tools.json and the rows together."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.data.calls import CallsCell, canonical_text
from backend.data.text import Path

CallChange = Callable[[str, Mapping[str, Any]], tuple[str, Mapping[str, Any]]]
"""Returns the name and the arguments of a call after the fix."""


@dataclass(frozen=True, slots=True)
class Together:
    """The new JSON value of tools.json, and what becomes of each call in the rows."""

    value: Any
    change: CallChange


def changed_calls(cell: CallsCell, change: CallChange) -> str:
    """Returns the cell with each call changed, or its text if no call changes or a call cannot be read."""
    if not cell.calls or len(cell.sound) != len(cell.calls):
        return cell.text
    before = [(call.name, call.arguments) for call in cell.sound]
    after = [change(*call) for call in before]
    return cell.text if after == before else canonical_text(after)


def replaced_schemas(raw: Any, changes: Iterable[tuple[Path, Callable[[Any], Any]]]) -> Any:
    """Returns the JSON value of tools.json with the value at each path replaced by the function of it."""
    value = copy.deepcopy(raw)
    for path, change in changes:
        if not path:
            value = change(value)
            continue
        holder = value
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = change(holder[path[-1]])
    return value


def always(value: Any) -> Callable[[Any], Any]:
    """Returns a function that replaces anything by `value`."""
    return lambda _: value
