"""Describes the values that the rows give to an argument, for a schema that leaves them open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from backend.data.rows.argument_values import ITEMS
from backend.data.rows.inputs import Inputs
from backend.prompts import is_name

MOST_KEYS = 12
MIN_USES = 2
"""Objects show their arguments if they have at most MOST_KEYS different keys, each of them MIN_USES times."""

_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def seen_values(inputs: Inputs, tool: str, steps: Sequence[str]) -> list[Any]:
    """Returns the values at one place of a tool's calls, one for each use in the distinct cells of the rows.

    `steps` are names below the tool, and ITEMS for the items of an array. Null is no value.
    """
    texts = dict.fromkeys(row.calls for row in inputs.rows if row.calls)
    calls = (call for text in texts for call in inputs.cell(text).sound if call.name == tool)
    return [value for call in calls for value in _at(call.arguments, steps)]


def _at(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    if not steps:
        if value is not None:
            yield value
    elif steps[0] == ITEMS:
        for item in value if isinstance(value, list) else ():
            yield from _at(item, steps[1:])
    elif isinstance(value, Mapping) and steps[0] in value:
        yield from _at(value[steps[0]], steps[1:])


def seen_kinds(values: Iterable[Any]) -> Counter[str]:
    """Returns the number of values of each JSON type; whole numbers count as number if others have a fraction."""
    kinds = Counter(_KINDS.get(type(value), "object") for value in values)
    if kinds["number"]:
        kinds["number"] += kinds.pop("integer", 0)
    return +kinds


def most_frequent(kinds: Counter[str]) -> str | None:
    """Returns the type that more values have than any other, or None."""
    first = kinds.most_common(2)
    return None if not first or (len(first) == 2 and first[0][1] == first[1][1]) else first[0][0]


def seen_schema(values: Sequence[Any]) -> dict[str, Any] | None:
    """Returns the schema that more values have than any other, or None if there is no such schema."""
    kind = most_frequent(seen_kinds(values))
    if kind is None:
        return None
    if kind == "array":
        items = seen_schema([item for value in values if isinstance(value, list) for item in value if item is not None])
        return {"type": "array", **({"items": items} if items else {})}
    if kind == "object":
        properties = seen_properties(values)
        return {"type": "object", **({"properties": properties} if properties else {})}
    return {"type": kind}


def seen_properties(values: Iterable[Any]) -> dict[str, Any] | None:
    """Returns the arguments that objects in the rows have, or None if their keys vary."""
    found: dict[str, list[Any]] = {}
    for value in values:
        for key, item in value.items() if isinstance(value, Mapping) else ():
            found.setdefault(key, []).append(item)
    if not 0 < len(found) <= MOST_KEYS or min(map(len, found.values())) < MIN_USES or not all(map(is_name, found)):
        return None
    schemas = {key: seen_schema([item for item in items if item is not None]) for key, items in found.items()}
    known = {key: schema for key, schema in schemas.items() if schema is not None}
    return known if len(known) == len(schemas) else None
