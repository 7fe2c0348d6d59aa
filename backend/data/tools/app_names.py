"""Keeps the app's own names of renamed tools and arguments in tools.json, under a key that the prompt never shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

APP_NAME = "x-app-name"
"""The key of a tool or of an argument's schema that holds its name in the app."""

ITEMS = "[]"
"""The step of a path from an array to its items."""


@dataclass(frozen=True, slots=True)
class AppName:
    """The name in the app of a tool, whose `path` is empty, or of the argument at `path`."""

    tool: str
    path: tuple[str, ...]
    name: str

    @property
    def model_name(self) -> str:
        """The name that the model writes, such as `pay`, `pay.amount` or `pay.items[].price`."""
        return ".".join((self.tool, *self.path)).replace("." + ITEMS, ITEMS)


def renamed_at(holder: Mapping[str, Any], before: str) -> dict[str, Any]:
    """Returns a tool's object or an argument's schema with the name it had; an earlier name stays."""
    return {**holder, APP_NAME: holder.get(APP_NAME, before)}


def app_names(tool: str, function: Mapping[str, Any], schema: Any) -> Iterator[AppName]:
    """Yields the app's own names of one tool and of its arguments at any depth, where they differ."""
    own = function.get(APP_NAME)
    if isinstance(own, str):
        yield AppName(tool, (), own)
    for path, name in _arguments(schema, ()):
        yield AppName(tool, path, name)


def _arguments(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(schema, Mapping):
        return
    properties = schema.get("properties")
    for name, item in properties.items() if isinstance(properties, Mapping) else ():
        here = (*path, name)
        if isinstance(item, Mapping) and isinstance(item.get(APP_NAME), str):
            yield here, item[APP_NAME]
        yield from _arguments(item, here)
    yield from _arguments(schema.get("items"), (*path, ITEMS))


def without_app_names(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns a schema without the app's own names, so that no prompt shows them."""
    plain: dict[str, Any] = _without(schema, is_schema=True)
    return plain


def _without(value: Any, *, is_schema: bool) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _without(item, is_schema=not is_schema or key != "properties")
            for key, item in value.items()
            if not (is_schema and key == APP_NAME)
        }
    return [_without(item, is_schema=True) for item in value] if isinstance(value, list) else value
