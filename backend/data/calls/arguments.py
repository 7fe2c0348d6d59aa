"""Checks the arguments of a call against the tool's schema."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from backend.data.calls.inner_schemas import array_sizes, schema_below
from backend.data.text import escape, json_text, listing, nearest, show
from backend.records import Tool

MismatchKind = Literal["missing", "unknown", "type", "enum"]
UNFIXABLE = object()
DROPPED = object()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One mismatch between the arguments and the schema.

    `path` has the keys and indices below the arguments. `better` is the right value, DROPPED, or UNFIXABLE. `rename` is
    the key that was probably meant. `sure` says that the change cannot change the meaning.
    """

    kind: MismatchKind
    path: tuple[str | int, ...]
    seen: str
    allowed: str
    better: Any = UNFIXABLE
    rename: str | None = None
    sure: bool = False


def check_arguments(tool: Tool, arguments: Mapping[str, Any]) -> Iterator[Mismatch]:
    """Yields every mismatch between the arguments and the tool's schema."""
    schema = tool.parameters or {"properties": {}}
    yield from _check_object(arguments, {"properties": {}, **schema}, (), closed=True)


def _check(value: Any, schema: Any, path: tuple[str | int, ...]) -> Iterator[Mismatch]:
    if not isinstance(schema, Mapping):
        return
    kind = schema.get("type")
    if isinstance(kind, str) and not is_a(value, kind):
        better = _converted(value, kind)
        sure = better is not UNFIXABLE
        yield Mismatch("type", path, f"{show_value(value)}, {_kind_of(value)}", _article(kind), better, None, sure)
        value = better
    if value is UNFIXABLE:
        return
    allowed = schema.get("enum")
    if isinstance(allowed, list) and allowed and not any(_same(value, one) for one in allowed):
        yield _enum_mismatch(value, allowed, path)
    elif isinstance(value, Mapping) and ("properties" in schema or "additionalProperties" in schema):
        yield from _check_object(value, schema, path, closed=_is_closed(schema))
    elif isinstance(value, list):
        yield from _check_items(value, schema, path)


def _is_closed(schema: Mapping[str, Any]) -> bool:
    """Whether an object takes no other arguments than its properties."""
    if isinstance(schema.get("properties"), Mapping):
        return not (schema.get("additionalProperties") or schema.get("patternProperties"))
    return schema.get("additionalProperties") is False and not schema.get("patternProperties")


def _check_items(value: list[Any], schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Mismatch]:
    """Yields the mismatches of an array's items; the first ones of a tuple have schemas of their own."""
    if isinstance(schema.get("prefixItems"), list) and schema["prefixItems"]:
        yield from _check_length(value, schema, path)
    for at, item in enumerate(value):
        yield from _check(item, schema_below(schema, at), (*path, at))


def _check_length(value: list[Any], schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Mismatch]:
    least, most = array_sizes(schema)
    if len(value) < least or (most is not None and len(value) > most):
        size = f"{least}" if least == most else f"at least {least}" if len(value) < least else f"at most {most}"
        items = "1 item" if len(value) == 1 else f"{len(value)} items"
        noun = "item" if size == "1" else "items"
        yield Mismatch("type", path, f"{show_value(value)}, an array of {items}", f"an array of {size} {noun}")


def _check_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str | int, ...], *, closed: bool
) -> Iterator[Mismatch]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    missing = [name for name in required if name not in value] if isinstance(required, list) else []
    unknown = [name for name in value if name not in properties] if closed else []
    for name in unknown:
        free = [other for other in properties if other not in value]
        likely = nearest(name, free) or (missing[0] if len(missing) == len(unknown) == len(free) == 1 else None)
        sure = likely is not None and _folded(likely) == _folded(name)
        yield Mismatch(
            "unknown", (*path, name), show(name), listing(properties) or "no arguments", rename=likely, sure=sure
        )
    for name in missing:
        yield Mismatch("missing", (*path, name), listing(value) or "no arguments", listing(required or ()))
    other = None if closed else schema.get("additionalProperties")
    for name, item in value.items():
        if item is not None:
            yield from _check(item, properties.get(name, other), (*path, name))


def _enum_mismatch(value: Any, allowed: list[Any], path: tuple[str | int, ...]) -> Mismatch:
    words = [one for one in allowed if isinstance(one, str)]
    text = listing(one if isinstance(one, str) else json_text(one) for one in allowed)
    if isinstance(value, str):
        same = [word for word in words if _folded(word) == _folded(value)]
        if len(same) == 1:
            return Mismatch("enum", path, show_value(value), text, same[0], None, True)
        likely = nearest(value, words)
        if likely is not None:
            return Mismatch("enum", path, show_value(value), text, likely)
    return Mismatch("enum", path, show_value(value), text)


def is_a(value: Any, kind: str) -> bool:
    """Whether a value has a type of JSON schema; a whole number with a fraction of zero is an integer."""
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "array":
        return isinstance(value, list)
    return isinstance(value, Mapping) if kind == "object" else True


def _converted(value: Any, kind: str) -> Any:
    """Returns the same value in the right type if there is no doubt about it, else UNFIXABLE."""
    if kind == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind == "string" and isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if not isinstance(value, str):
        return UNFIXABLE
    word = value.strip()
    if kind == "boolean":
        return {"true": True, "false": False}.get(word.casefold(), UNFIXABLE)
    if kind in ("integer", "number") and len(word) <= 20 and word.isascii():
        return _number(word, kind)
    return UNFIXABLE


def _number(word: str, kind: str) -> Any:
    digits = word.removeprefix("-")
    if digits.isdigit() and (digits == "0" or not digits.startswith("0")):
        return int(word)
    whole, dot, fraction = digits.partition(".")
    if kind == "number" and dot and fraction.isdigit() and whole.isdigit() and (whole == "0" or whole[0] != "0"):
        return float(word)
    return UNFIXABLE


def normal_arguments(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments with whole floats as integers if the schema says integer, and nothing else changed."""
    return {name: _normal(value, schema_below(schema, name)) for name, value in arguments.items()}


def _normal(value: Any, schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return value
    if schema.get("type") == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return normal_arguments(value, schema)
    return (
        [_normal(item, schema_below(schema, at)) for at, item in enumerate(value)] if isinstance(value, list) else value
    )


def _same(value: Any, allowed: Any) -> bool:
    return value == allowed and isinstance(value, bool) == isinstance(allowed, bool)


def _folded(word: str) -> str:
    return "".join(word.split()).replace("_", "").replace("-", "").casefold()


def show_value(value: Any) -> str:
    """Returns a value as JSON, shortened for a message."""
    if isinstance(value, str):
        return show(value)
    text = json_text(value)
    return escape(text if len(text) <= 60 else text[:59] + "…")


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int | float):
        return "a number with a fraction" if isinstance(value, float) and not value.is_integer() else "a number"
    return "an array" if isinstance(value, list) else "an object" if isinstance(value, Mapping) else "null"


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"
