"""Makes arrays of arguments that have `items` and another type, where rows have lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.data.fixers.from_rows import type_word
from backend.data.fixers.together import Together, replaced_schemas
from backend.data.fixers.tool_walk import Place, all_places
from backend.data.rows import ITEMS, Inputs, seen_values


def is_misnamed_list(inputs: Inputs, place: Place) -> bool:
    """Whether a schema has items but not the type array, and rows have lists for it."""
    kind = type_word(place.schema)
    if not place.steps or kind in ("array", "object", None) or not isinstance(place.schema.get("items"), Mapping):
        return False
    return any(isinstance(value, list) for value in seen_values(inputs, place.entry.name, place.steps))


def write_as_lists(inputs: Inputs) -> Together:
    """Returns tools.json with an array for each such argument, and a list of one for each single value in the rows."""
    places = [place for place in all_places(inputs) if is_misnamed_list(inputs, place)]

    def change(name: str, given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        for place in places:
            if place.entry.name == name:
                given = _listed(given, place.steps)
        return name, given

    return Together(replaced_schemas(inputs.tools_file.raw, [(place.path, _as_array) for place in places]), change)


def _as_array(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: "array" if key == "type" else value for key, value in schema.items() if key != "enum"}


def _listed(value: Any, steps: tuple[str, ...]) -> Any:
    """Returns the value with a list at the end of the steps."""
    if not steps:
        return value if isinstance(value, list) or value is None else [value]
    if steps[0] == ITEMS:
        return [_listed(item, steps[1:]) for item in value] if isinstance(value, list) else value
    if not isinstance(value, Mapping) or steps[0] not in value:
        return value
    return {key: _listed(item, steps[1:]) if key == steps[0] else item for key, item in value.items()}
