"""The closed values of a tool's arguments, as far as tools.json and the rows that a teacher may see name them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backend.data.rows import MAX_VALUES, Argument, is_open, listed_values, string_values
from backend.records import Example, Tool

Values = dict[str, Any]
"""Values by their JSON text."""


def closed_arguments(tool: Tool, rows: Sequence[Example]) -> dict[str, Values]:
    """Returns the values of each argument that has few: those of its schema, of its description and of the rows.

    An argument whose values people copy into the message, or that are mostly quantities, is open and has no entry.
    """
    seen = {
        argument.path[0]: used
        for argument, used in string_values(rows, {tool.name: tool}).items()
        if len(argument.path) == 1 and argument == Argument(tool.name, argument.path)
    }
    found: dict[str, Values] = {}
    for name, schema in tool.properties.items():
        values = _declared(schema)
        if not values and isinstance(schema, Mapping) and schema.get("type") == "string":
            values = [*listed_values(str(schema.get("description", "")))]
            used = seen.get(name, [])
            uses = Counter(one.value for one in used)
            if used and not (not values and is_open(used, uses)):
                values += [value for value in uses if value not in values]
        if 2 <= len(values) <= MAX_VALUES:
            found[name] = {value_key(value): value for value in values}
    return found


def value_key(value: Any) -> str:
    """Returns a value as JSON, to compare values by."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def uses_of(tool: str, argument: str, rows: Sequence[Example]) -> Counter[str]:
    """Returns the number of uses of each value of an argument, by the value's JSON text."""
    calls = (call for row in rows for call in row.calls if call.name == tool)
    return Counter(value_key(call.arguments[argument]) for call in calls if argument in call.arguments)


def _declared(schema: Any) -> list[Any]:
    """Returns the values that a schema allows, if it lists them or is a boolean."""
    if not isinstance(schema, Mapping):
        return []
    values = schema.get("enum")
    if isinstance(values, list):
        return [value for value in values if isinstance(value, str | int | float)]
    return [True, False] if schema.get("type") == "boolean" else []
