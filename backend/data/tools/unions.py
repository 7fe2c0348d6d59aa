"""Merges the alternatives of a union into one schema, where one schema says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

UNIONS = ("anyOf", "oneOf", "allOf")
_ABOUT = ("description", "title")


def merged(options: Sequence[Any]) -> dict[str, Any] | None:
    """Returns one schema that is equivalent to any of the options, or None if there is no such schema.

    Keywords that the template leaves out, such as `format`, may differ among the options; they are then dropped.
    """
    schemas = [option for option in options if isinstance(option, Mapping)]
    if len(schemas) != len(options) or not schemas:
        return None
    if len(schemas) == 1 or all(one == schemas[0] for one in schemas):
        return dict(schemas[0])
    kinds = {str(schema.get("type")) for schema in schemas}
    if kinds == {"integer", "number"} and not any("enum" in schema for schema in schemas):
        return {"type": "number"}
    if len(kinds) > 1:
        return None
    kind = kinds.pop()
    if kind in ("string", "integer", "number", "boolean"):
        return _of_one_kind(kind, schemas)
    return _arrays(schemas) if kind == "array" else None


def _of_one_kind(kind: str, schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the schema of one plain type; its enum has all values if each option lists its own."""
    enums = [schema.get("enum") for schema in schemas]
    if not all(isinstance(values, list) for values in enums):
        return {"type": kind}
    values = [value for listed in enums for value in listed or ()]
    return {"type": kind, "enum": [value for at, value in enumerate(values) if value not in values[:at]]}


def _arrays(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if any("prefixItems" in schema or not isinstance(schema.get("items"), Mapping) for schema in schemas):
        return None
    items = merged([schema["items"] for schema in schemas])
    return None if items is None else {"type": "array", "items": items}


def any_object(options: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns one object with the arguments of all options; those that every option requires are required."""
    named: dict[str, list[Any]] = {}
    for option in options:
        properties = option.get("properties")
        for name, item in properties.items() if isinstance(properties, Mapping) else ():
            named.setdefault(name, []).append(item)
    required = [option.get("required") for option in options]
    common = [name for name in named if all(isinstance(names, list) and name in names for names in required)]
    properties = {name: merged(items) or items[0] for name, items in named.items()}
    return {"type": "object", "properties": properties, **({"required": common} if common else {})}


def all_of(options: Sequence[Any]) -> dict[str, Any] | None:
    """Returns one schema that is equivalent to all options at once, or None if two of them contradict each other."""
    if not options or not all(isinstance(option, Mapping) for option in options):
        return None
    found: dict[str, Any] = {}
    for option in options:
        for key, value in option.items():
            if key not in found or key in _ABOUT or found[key] == value:
                found[key] = value
            elif key == "properties" and isinstance(value, Mapping) and isinstance(found[key], Mapping):
                if any(name in found[key] and found[key][name] != item for name, item in value.items()):
                    return None
                found[key] = {**found[key], **value}
            elif key == "required" and isinstance(value, list) and isinstance(found[key], list):
                found[key] = [*found[key], *(name for name in value if name not in found[key])]
            elif key == "enum" and isinstance(value, list) and isinstance(found[key], list):
                found[key] = [one for one in found[key] if one in value]
            else:
                return None
    return found
