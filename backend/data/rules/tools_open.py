"""Rules on arrays and objects that leave open what they hold, and on keywords that have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backend.data.fixers import (
    Place,
    all_places,
    at,
    first_items,
    is_misnamed_list,
    is_open_array,
    is_open_object,
    one_item_type,
    position_names,
    seen_arguments,
    seen_items,
    type_word,
    write_arguments,
    write_as_arrays,
    write_as_lists,
    write_as_objects,
    write_items,
)
from backend.data.rows import ITEMS, Finding, Inputs, rule, seen_kinds, seen_values
from backend.data.text import count, json_text, listing
from backend.data.tools import normal_schema

_KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""Keywords that have an effect for values of one type only."""


def _begin(place: Place) -> str:
    return place.what[0].upper() + place.what[1:]


@rule(
    "tools-open-object",
    "tools",
    "warning",
    "An object has no properties",
    "The template cannot render what the object may hold, and no rule can check the values in the rows. The fix lists "
    "the arguments that the rows have, if they are few and the same.",
    fixer=write_arguments,
    safe=False,
)
def open_object(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        if is_open_object(place.schema) and (not place.is_whole or place.schema.get("additionalProperties")):
            found = seen_arguments(inputs, place)
            fix = f"List the arguments of the rows: {listing(found)}." if found else None
            yield at(inputs, place.path, f"{_begin(place)} is an object without properties. List them.", fix)


@rule(
    "tools-open-array",
    "tools",
    "warning",
    "An array has no items",
    "The template cannot render what the array holds, and no rule can check the values in the rows. The fix writes the "
    "type that most items in the rows have.",
    fixer=write_items,
    safe=False,
)
def open_array(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        if not place.is_whole and is_open_array(place.schema):
            items = seen_items(inputs, place)
            kinds = seen_kinds(seen_values(inputs, place.entry.name, (*place.steps, ITEMS)))
            seen = listing(f"{kind} {times:,}" for kind, times in kinds.most_common())
            message = f'{_begin(place)} may be anything: the array has no "items" with a type.'
            message += f" In the rows: {seen}." if seen else ""
            others = kinds.total() - kinds[items["type"]] if items else 0
            less = (
                f"; {count(others, 'value')} of the rows {'has' if others == 1 else 'have'} another" if others else ""
            )
            yield at(inputs, place.path, message, f'Add "items": {json_text(items)}{less}.' if items else None)


def _tuples(inputs: Inputs) -> Iterator[tuple[Place, Mapping[str, object]]]:
    """Yields each array with a schema for each position, and its schema in normal form."""
    for place in all_places(inputs):
        if type_word(place.schema) in ("array", None) and not place.is_whole:
            normal = normal_schema(place.schema, place.entry.references)
            if normal.get("type") == "array" and isinstance(normal.get("prefixItems"), list) and first_items(normal):
                yield place, normal


@rule(
    "tools-tuple",
    "tools",
    "warning",
    "An array has a schema for each position",
    "The template renders one schema for all items, so the model sees nothing of the positions. The values in the rows "
    "are checked item by item. The fix writes one type for all items.",
    fixer=write_as_arrays,
    safe=False,
)
def tuples(inputs: Inputs) -> Iterator[Finding]:
    for place, schema in _tuples(inputs):
        one = one_item_type(schema)
        size = count(len(first_items(schema) or ()), "position")
        message = f"{_begin(place)} is an array of {size}, which the template does not show. "
        message += "Write one type for all items, or an object with named arguments."
        yield at(inputs, place.path, message, f"Write it as an array of {one['type']}." if one else None)


@rule(
    "tools-tuple-names",
    "tools",
    "info",
    "The positions of an array can be named arguments",
    "A model fills in named arguments more reliably than positions. The fix turns the array into an object, in "
    "tools.json and in the rows. The app then gets an object.",
    fixer=write_as_objects,
    safe=False,
)
def tuple_names(inputs: Inputs) -> Iterator[Finding]:
    for place, schema in _tuples(inputs):
        names = listing(position_names(schema))
        message = f"The positions of {place.what} can be named arguments: {names}."
        yield at(inputs, place.path, message, f"Write it as an object with {names}, also in the rows.")


@rule(
    "tools-keyword-without-effect",
    "tools",
    "info",
    "A keyword has no effect on this type",
    "For example, items describes arrays: on a string it says nothing, and a list in the rows is refused. If rows have "
    "lists there, the fix makes the argument an array, and a single value in the rows a list of one.",
    fixer=write_as_lists,
    safe=False,
)
def keyword_without_effect(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        kind = type_word(place.schema)
        own = "number" if kind == "integer" else kind
        for other, keywords in _KEYWORDS.items():
            for key in keywords if own in (*_KEYWORDS, "boolean") and other != own else ():
                if key in place.schema and not (key == "required" and isinstance(place.schema[key], bool)):
                    message = f"{key} has no effect on {place.what}: it is for the type {other}, and this is {kind}."
                    fix = (
                        "Make it an array, as in the rows."
                        if key == "items" and is_misnamed_list(inputs, place)
                        else None
                    )
                    yield at(inputs, (*place.path, key), message + f" Remove {key}, or change the type.", fix)
