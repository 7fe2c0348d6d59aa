"""Completes schemas in tools.json with what the rows show: the items of arrays, the arguments of objects, and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from backend.data.fixers.together import always, replaced_schemas
from backend.data.fixers.tool_walk import Place, all_places
from backend.data.fixers.tuples import first_items
from backend.data.rows import Inputs, seen_properties, seen_schema, seen_values
from backend.data.text import json_text
from backend.data.tools import (
    REFERENCE_KEYS,
    TYPES,
    UNIONS,
    any_object,
    is_recursive,
    normal_schema,
    plain_type,
    read_type,
    reference_of,
)

Undecided = Callable[[Place], bool]
_OPTIONS = frozenset({*UNIONS, *REFERENCE_KEYS, "const", "type"})


def type_word(schema: Mapping[str, Any]) -> str | None:
    """Returns the type in JSON schema's own word, or None if the schema does not have exactly one type."""
    kind = schema.get("type")
    return plain_type(kind) if isinstance(kind, str) else None


def is_open_array(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is an array that takes any items."""
    if type_word(schema) != "array" or first_items(schema):
        return False
    word = read_type(schema["type"])
    typed = word is not None and word.schema.keys() & {"items", "prefixItems"}
    return schema.get("items") in (None, True, {}) and not typed


def is_open_object(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is an object that names none of its arguments."""
    return type_word(schema) == "object" and not schema.get("properties")


def seen_items(inputs: Inputs, place: Place) -> dict[str, Any] | None:
    """Returns the schema that the items of an array have in the rows, or None."""
    lists = [value for value in _values(inputs, place) if isinstance(value, list)]
    return seen_schema([item for value in lists for item in value if item is not None])


def seen_arguments(inputs: Inputs, place: Place) -> dict[str, Any] | None:
    """Returns the arguments that an object has in the rows, or None."""
    return seen_properties(_values(inputs, place))


def write_items(inputs: Inputs) -> Any:
    """Returns tools.json with the items that the rows show in each array without items."""
    return _written(inputs, is_open_array, lambda place: {"items": seen_items(inputs, place)})


def write_arguments(inputs: Inputs) -> Any:
    """Returns tools.json with the arguments that the rows show in each object without properties."""
    return _written(inputs, is_open_object, lambda place: {"properties": seen_arguments(inputs, place)})


def _values(inputs: Inputs, place: Place) -> list[Any]:
    return seen_values(inputs, place.entry.name, place.steps)


def _written(
    inputs: Inputs, concerned: Callable[[Mapping[str, Any]], bool], more: Callable[[Place], Mapping[str, Any]]
) -> Any:
    places = [place for place in all_places(inputs) if concerned(place.schema)]
    found = ((place, {key: value for key, value in more(place).items() if value}) for place in places)
    new = ((place, {**place.schema, **seen}) for place, seen in found if seen)
    return replaced_schemas(inputs.tools_file.raw, _outermost(new))


def _outermost(new: Iterable[tuple[Place, Mapping[str, Any]]]) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """Yields the replacements, without those inside a schema that is replaced itself."""
    done: list[tuple[Any, ...]] = []
    for place, schema in new:
        if not any(place.path[: len(path)] == path for path in done):
            done.append(place.path)
            yield place.path, always(schema)


def has_no_type(place: Place) -> bool:
    """Whether a schema has no type, and nothing in it determines one; another rule is about empty items."""
    schema = place.schema
    if place.is_whole or (place.is_items and not schema):
        return False
    return schema.get("type") is None and not _has_options(schema) and not _is_decided(place)


def has_unknown_type(place: Place) -> bool:
    """Whether a schema's type is not one that JSON schema or another language knows."""
    kind = place.schema.get("type")
    if isinstance(kind, str):
        return not place.is_whole and plain_type(kind) not in TYPES and not _is_decided(place)
    return kind is not None and not isinstance(kind, list | Mapping) and not place.is_whole


def has_several_types(place: Place) -> bool:
    """Whether a schema has alternatives or a reference that no single type replaces."""
    schema = place.schema
    if place.is_whole or not (_has_options(schema) or isinstance(schema.get("type"), list)):
        return False
    return not _is_decided(place) and not is_recursive(schema, place.entry.references)


def _has_options(schema: Mapping[str, Any]) -> bool:
    return any(key in schema for key in (*UNIONS, "const")) or reference_of(schema) is not None


def _is_decided(place: Place) -> bool:
    flat = normal_schema(place.schema, place.entry.references)
    return flat.get("type") in TYPES and not any(key in flat for key in UNIONS) and reference_of(flat) is None


def write_types(undecided: Undecided) -> Callable[[Inputs], Any]:
    """Returns a fixer that writes the type that the rows show in each undecided schema."""

    def fix(inputs: Inputs) -> Any:
        places = [place for place in all_places(inputs) if undecided(place)]
        return replaced_schemas(
            inputs.tools_file.raw, _outermost((place, decided_schema(inputs, place)) for place in places)
        )

    return fix


def decided_schema(inputs: Inputs, place: Place) -> dict[str, Any]:
    """Returns an undecided schema with one type: that of the rows, else of its first option, else string."""
    flat = normal_schema(place.schema, place.entry.references)
    about = {key: value for key, value in flat.items() if key not in _OPTIONS}
    enum = about.get("enum")
    if isinstance(enum, list) and enum and len({type(value) for value in enum}) > 1:
        words = [value if isinstance(value, str) else json_text(value) for value in enum]
        return {"type": "string", **about, "enum": list(dict.fromkeys(words))}
    seen = seen_schema(_values(inputs, place))
    normal = [normal_schema(option, place.entry.references) for key in UNIONS for option in _listed(flat.get(key))]
    options = [option for option in normal if option.get("type") in TYPES]
    options += [{"type": word} for word in map(plain_type, _words(flat.get("type"))) if word in TYPES]
    word = read_type(flat["type"]) if isinstance(flat.get("type"), str) else None
    options += word.schema.get("anyOf", []) if word is not None else []
    wanted = seen["type"] if seen else options[0]["type"] if options else "string"
    fitting = [option for option in options if option["type"] == wanted]
    if len(fitting) > 1 and wanted == "object":
        return {**any_object(fitting), **about}
    return {**(fitting[0] if len(fitting) == 1 else seen or {"type": wanted}), **about}


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _words(kind: Any) -> list[str]:
    return [word for word in kind if isinstance(word, str)] if isinstance(kind, list) else []
