"""Finds arguments that may be null, and so may be left out of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.data.tools.references import References, reference_of, without_reference
from backend.data.tools.type_words import read_type

_DEEPEST = 8


def is_optional(schema: Any, references: References) -> bool:
    """Whether a schema allows null as one of its types, or its type's name says that it may be left out."""
    return accepts_null(schema, references) or _says_optional(schema)


def accepts_null(schema: Any, references: References, *, marked: bool = False) -> bool:
    """Whether null is one of several types of a schema; with `marked` also if it says `"nullable": true`."""
    return _accepts(schema, references, marked=marked, depth=0)


def _accepts(schema: Any, references: References, *, marked: bool, depth: int) -> bool:
    for _ in range(_DEEPEST):
        reference = reference_of(schema)
        target = references.resolve(reference) if reference is not None else None
        if target is None:
            break
        schema = {**target, **without_reference(schema)}
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return False
    if marked and schema.get("nullable") is True:
        return True
    kind = schema.get("type")
    if isinstance(kind, list):
        return len(kind) > 1 and any(_is_null_word(word) for word in kind)
    if isinstance(schema.get("enum"), list) and None in schema["enum"] and len(schema["enum"]) > 1:
        return True
    options = [option for key in ("anyOf", "oneOf") for option in _listed(schema.get(key))]
    if len(options) > 1 and any(is_null(option) for option in options):
        return True
    inner = options + _listed(schema.get("allOf")) if len(_listed(schema.get("allOf"))) == 1 else options
    return any(_accepts(option, references, marked=marked, depth=depth + 1) for option in inner)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_null_word(word: Any) -> bool:
    read = read_type(word) if isinstance(word, str) else None
    return word is None or (read is not None and read.schema.get("type") == "null")


def is_null(schema: Any) -> bool:
    """Whether null is the only value that a schema allows."""
    if not isinstance(schema, Mapping):
        return False
    null_const = "const" in schema and schema["const"] is None
    return null_const or schema.get("enum") == [None] or _is_null_word(schema.get("type", ""))


def _says_optional(schema: Any) -> bool:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    word = read_type(kind) if isinstance(kind, str) else None
    return word is not None and word.optional
