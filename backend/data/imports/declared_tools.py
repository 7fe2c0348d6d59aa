"""Collects the tools that rows declare, merges different declarations of one name, and reports conflicts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Any

from backend.data.text import count, escape, listing

_LISTS = ("tools", "functions", "functionDeclarations", "function_declarations")
_SCHEMAS = ("parameters", "inputSchema", "input_schema", "arguments")
_MOST_TRIES = 40
"""Brackets at which a text is tried as JSON, so that a long text without tools costs little."""
_SHOWN = 20
_DECODER = JSONDecoder()


@dataclass(slots=True)
class _Variant:
    """One declaration of a tool, the place of its first row, and the number of its rows."""

    item: Mapping[str, Any]
    place: str
    rows: int = 0


@dataclass(slots=True)
class DeclaredTools:
    """The tools of all rows by name, each with its different declarations."""

    _variants: dict[str, dict[str, _Variant]] = field(default_factory=dict)
    _known: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _last: Any = None
    _last_key: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of their first row."""
        return tuple(self._variants)

    def add(self, declared: Any, place: str) -> None:
        """Count the tools that the row at `place` declares: a list, its JSON, or texts that contain JSON."""
        if not declared:
            return
        if declared is not self._last and declared != self._last:
            self._last = declared
            self._last_key = declared if isinstance(declared, str) else json.dumps(declared, sort_keys=True)
        found = self._known.get(self._last_key)
        if found is None:
            found = self._known[self._last_key] = [self._remember(item, place) for item in tool_items(declared)]
        for name, key in found:
            self._variants[name][key].rows += 1

    def _remember(self, item: Mapping[str, Any], place: str) -> tuple[str, str]:
        standard = _standard(item)
        name, key = str(standard["function"]["name"]), json.dumps(standard, sort_keys=True)
        self._variants.setdefault(name, {}).setdefault(key, _Variant(standard, place))
        return name, key

    def merged(self) -> tuple[list[Mapping[str, Any]], list[str]]:
        """Returns one declaration of each tool in the standard form, and a sentence for each merge and conflict."""
        tools, said = [], []
        for name, variants in self._variants.items():
            ranked = sorted(variants.values(), key=lambda variant: -variant.rows)
            tool, sentence = _merge(name, ranked)
            tools.append(tool)
            said += [sentence] if sentence else []
        more = len(said) - _SHOWN
        return tools, said[:_SHOWN] + ([f"{count(more, 'more tool')} are declared differently."] if more > 0 else [])


def tool_items(declared: Any) -> list[Mapping[str, Any]]:
    """Returns every tool in a value of any known form: a list, an object around it, or a text with JSON in it."""
    if isinstance(declared, str):
        return [item for value in _json_in(declared) for item in tool_items(value)]
    if isinstance(declared, Mapping):
        inner = next((declared[key] for key in _LISTS if isinstance(declared.get(key), list)), None)
        if inner is not None:
            return tool_items(inner)
        return [declared] if is_tool(declared) else []
    return [item for part in declared for item in tool_items(part)] if isinstance(declared, list) else []


def is_tool(value: Any) -> bool:
    """Whether an object describes a tool: a name with a schema or a description, with or without a wrapper."""
    function = value.get("function") if isinstance(value, Mapping) else None
    inner = function if isinstance(function, Mapping) else value
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str) or not inner["name"]:
        return False
    return any(isinstance(inner.get(key), Mapping) for key in _SCHEMAS[:3]) or isinstance(inner.get("description"), str)


def _json_in(text: str) -> Iterator[Any]:
    """Yields the JSON lists and objects in a text, such as a system text with tools, from left to right."""
    position = tries = 0
    while tries < _MOST_TRIES:
        starts = [at for at in (text.find("[", position), text.find("{", position)) if at >= 0]
        if not starts:
            return
        position = min(starts)
        tries += 1
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            position += 1
            continue
        yield value


def _standard(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a tool in OpenAI's wrapper, without the nulls that Arrow writes for absent keys.

    A schema in another dialect stays as it is, for the rules on tools.json.
    """
    inner = item.get("function")
    function = dict(_without_nulls(inner if isinstance(inner, Mapping) else item))
    for key in _SCHEMAS[1:3]:
        if key in function and "parameters" not in function:
            function["parameters"] = function.pop(key)
    if function.get("type") == "function":
        del function["type"]
    return {"type": "function", "function": function}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _merge(name: str, ranked: Sequence[_Variant]) -> tuple[Mapping[str, Any], str]:
    """Returns the most frequent declaration with the arguments of the others, and what was done.

    Declarations that give one argument different schemas are in conflict: the most frequent one is kept alone.
    """
    first = ranked[0].item
    if len(ranked) == 1:
        return first, ""
    shown, ways = escape(name[:80]), count(len(ranked), "way")
    places = listing([variant.place for variant in ranked], 5)
    functions = [variant.item["function"] for variant in ranked]
    schemas = [function.get("parameters") or {} for function in functions]
    arguments = [_arguments(schema) for schema in schemas]
    if any(found is None for found in arguments) or _conflict([found or {} for found in arguments]):
        kept = f"The declaration of {count(ranked[0].rows, 'row')} was kept"
        return first, f"{shown} is declared in {ways} that contradict each other ({places}). {kept}: {ranked[0].place}."
    properties = {key: schema for found in reversed(arguments) for key, schema in (found or {}).items()}
    ordered = {key: properties[key] for found in arguments for key in found or {}}
    required = [
        key for key in schemas[0].get("required") or [] if all(key in (s.get("required") or []) for s in schemas)
    ]
    parameters = {"type": "object", **schemas[0], "properties": ordered}
    if any("required" in schema for schema in schemas):
        parameters["required"] = required
    merged = {"type": "function", "function": {**functions[0], "parameters": parameters}} if ordered else first
    return (
        merged,
        f"{shown} is declared in {ways} ({places}). They were merged, with {count(len(ordered), 'argument')}.",
    )


def _arguments(schema: Any) -> Mapping[str, Any] | None:
    """Returns the schemas of the arguments; None if the parameters are in a dialect without `properties`."""
    if not isinstance(schema, Mapping):
        return None
    if not schema or schema.get("type") in ("object", "OBJECT", "dict") or "properties" in schema:
        properties = schema.get("properties") or {}
        return properties if isinstance(properties, Mapping) else None
    return None


def _conflict(arguments: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two declarations give one argument different schemas, descriptions aside."""
    seen: dict[str, str] = {}
    for found in arguments:
        for key, schema in found.items():
            bare = {k: v for k, v in schema.items() if k != "description"} if isinstance(schema, Mapping) else schema
            text = json.dumps(bare, sort_keys=True)
            if seen.setdefault(key, text) != text:
                return True
    return False
