"""The defaults of optional arguments: which a call writes out, and calls with all or none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backend.data.calls.arguments import check_arguments
from backend.records import Tool

ITEM = "[]"
"""The step of a path from an array to its items."""
DefaultPath = tuple[str, ...]
IsChosen = Callable[[DefaultPath], bool]


def default_uses(arguments: Mapping[str, Any], schema: Any) -> Iterator[tuple[DefaultPath, bool]]:
    """Yields the path of each optional argument with a default, and whether the call writes the default out.

    An argument with another value than its default is not yielded.
    """
    yield from _uses(arguments, schema, ())


def default_at(schema: Any, path: DefaultPath) -> Any:
    """Returns the default of the argument at a path that `default_uses` yielded."""
    for step in path[:-1]:
        schema = schema["items"] if step == ITEM else schema["properties"][step]
    return schema["properties"][path[-1]]["default"]


def with_defaults(
    arguments: Mapping[str, Any], schema: Any, chosen: IsChosen = lambda _path: True
) -> Mapping[str, Any]:
    """Returns the arguments with the chosen defaults written out, at every depth."""
    result: Mapping[str, Any] = _changed(arguments, schema, (), chosen, written=True)
    return result


def without_defaults(
    arguments: Mapping[str, Any], schema: Any, chosen: IsChosen = lambda _path: True
) -> Mapping[str, Any]:
    """Returns the arguments without the chosen ones that have their default, at every depth."""
    result: Mapping[str, Any] = _changed(arguments, schema, (), chosen, written=False)
    return result


def _uses(value: Any, schema: Any, path: DefaultPath) -> Iterator[tuple[DefaultPath, bool]]:
    if isinstance(value, list) and isinstance(schema, Mapping):
        for item in value:
            yield from _uses(item, schema.get("items"), (*path, ITEM))
    if not isinstance(value, Mapping):
        return
    defaults = _defaults(schema)
    for name, default in defaults.items():
        if name not in value or _same(value[name], default):
            yield (*path, name), name in value
    for name, item in value.items():
        if isinstance(item, Mapping | list):
            yield from _uses(item, _properties(schema).get(name), (*path, name))


def _changed(value: Any, schema: Any, path: DefaultPath, chosen: IsChosen, *, written: bool) -> Any:
    if isinstance(value, list):
        items = schema.get("items") if isinstance(schema, Mapping) else None
        return [_changed(item, items, (*path, ITEM), chosen, written=written) for item in value]
    if not isinstance(value, Mapping):
        return value
    properties = _properties(schema)
    inner = {
        name: _changed(item, properties.get(name), (*path, name), chosen, written=written)
        for name, item in value.items()
    }
    defaults = {name: default for name, default in _defaults(schema).items() if chosen((*path, name))}
    if written:
        return {**inner, **{name: default for name, default in defaults.items() if name not in inner}}
    return {
        name: item for name, item in inner.items() if name not in defaults or not _same(value[name], defaults[name])
    }


def _properties(schema: Any) -> Mapping[str, Any]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def _defaults(schema: Any) -> Mapping[str, Any]:
    """Returns the default of each optional argument whose schema allows it."""
    properties = {name: item for name, item in _properties(schema).items() if isinstance(item, Mapping)}
    named = [(name, item) for name, item in properties.items() if item.get("default") is not None]
    if not named:
        return {}
    required = schema.get("required") or ()
    return {name: item["default"] for name, item in named if name not in required and _allows(item, item["default"])}


def _allows(schema: Mapping[str, Any], value: Any) -> bool:
    tool = Tool("", "", {"type": "object", "properties": {"value": schema}})
    return next(check_arguments(tool, {"value": value}), None) is None


def _same(value: Any, default: Any) -> bool:
    return bool(value == default) and isinstance(value, bool) == isinstance(default, bool)
