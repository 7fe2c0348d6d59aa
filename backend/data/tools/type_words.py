"""Reads the names that other languages give to types, such as `int`, `List[str]` or `str, optional`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.data.text import JsonFault, parse_json

TYPES = ("string", "integer", "number", "boolean", "array", "object")

TYPE_ALIASES = {
    "str": "string", "text": "string", "char": "string", "varchar": "string", "date": "string", "datetime": "string",
    "time": "string", "uuid": "string", "url": "string", "uri": "string", "email": "string", "bytes": "string",
    "int": "integer", "int32": "integer", "int64": "integer", "long": "integer", "short": "integer", "uint": "integer",
    "float": "number", "float32": "number", "float64": "number", "double": "number", "decimal": "number",
    "numeric": "number", "real": "number",
    "bool": "boolean", "list": "array", "tuple": "array", "set": "array", "frozenset": "array", "sequence": "array",
    "iterable": "array", "collection": "array", "readonlyarray": "array", "arraylist": "array",
    "dict": "object", "map": "object", "struct": "object", "mapping": "object", "record": "object",
    "dictionary": "object", "hashmap": "object", "json": "object",
    "none": "null", "nonetype": "null", "null": "null", "undefined": "null",
}  # fmt: skip
"""Names of other languages for JSON schema's types."""

_ANY = frozenset({"any", "unknown", "mixed"})
_LONGEST = 200
_DEEPEST = 8
_GENERIC = re.compile(r"(?:[A-Za-z_]+\.)*([A-Za-z_][A-Za-z0-9_]*)\s*[\[<(](.*)[\])>]", re.DOTALL)
_LIST_OF = re.compile(r"(?:array|list|set|sequence)s?\s+of\s+(.+)", re.I | re.DOTALL)
_OPTIONAL = re.compile(r"^optional\s+|\s*\(\s*optional\s*\)$|\s+optional$|\?$", re.I)
_NOTE = re.compile(r"(?:optional|required|mandatory|default\b.*)", re.I | re.DOTALL)
_OPENING, _CLOSING = "[<({", "])>}"


@dataclass(frozen=True)
class TypeWord:
    """What a type's name means: a schema, which is empty if it allows everything, and whether it may be left out."""

    schema: dict[str, Any]
    optional: bool = False


@lru_cache(maxsize=4096)
def read_type(word: str) -> TypeWord | None:
    """Returns the meaning of a type's name, or None if it is unknown."""
    return _read(word, 0) if len(word) <= _LONGEST else None


def plain_type(word: str) -> str:
    """Returns JSON schema's name of a type, such as `string` for `STRING` and `str`; an unknown name is unchanged."""
    lowered = word.strip().lower()
    if lowered in TYPES:
        return lowered
    found = read_type(word)
    kind = found.schema.get("type") if found else None
    return kind if isinstance(kind, str) else word


def _read(word: str, depth: int) -> TypeWord | None:
    if depth > _DEEPEST:
        return None
    first, *notes = _split(word.strip(), ",")
    if any(not _NOTE.fullmatch(note) for note in notes):
        return None
    bare = _OPTIONAL.sub("", first).strip()
    left_out = bare != first.strip() or any(note.lower().startswith(("optional", "default")) for note in notes)
    found = _one(bare, depth)
    return None if found is None else TypeWord(found.schema, found.optional or left_out)


def _one(word: str, depth: int) -> TypeWord | None:
    lowered = word.lower().rpartition(".")[2]
    options = _split(word, "|")
    options = options if len(options) > 1 else re.split(r"\s+or\s+", word, flags=re.I)
    if len(options) > 1:
        return _union(options, depth)
    if lowered in TYPES or lowered in TYPE_ALIASES:
        return TypeWord({"type": lowered if lowered in TYPES else TYPE_ALIASES[lowered]})
    if lowered in _ANY:
        return TypeWord({})
    if word.endswith("[]"):
        return _array(word[:-2], depth)
    generic = _GENERIC.fullmatch(word)
    if generic:
        return _generic(generic[1].lower(), _split(generic[2], ","), depth)
    listed = _LIST_OF.fullmatch(word)
    return _array(listed[1], depth) if listed else None


def _generic(name: str, inner: list[str], depth: int) -> TypeWord | None:
    """Returns the meaning of a name with types in brackets, such as `Dict[str, int]`."""
    if name in ("optional", "union"):
        found = _union(inner, depth)
        return None if found is None else TypeWord(found.schema, found.optional or name == "optional")
    if name == "annotated":
        return _read(inner[0], depth + 1)
    if name == "literal":
        return _literal(inner)
    kind = TYPE_ALIASES.get(name, name)
    if name == "tuple" and not (len(inner) == 2 and inner[1] in ("...", "…")):
        return _tuple(inner, depth)
    if kind == "array":
        return _array(inner[0], depth)
    if kind == "object":
        values = _read(inner[-1], depth + 1) if len(inner) == 2 else None
        return TypeWord({"type": "object", **({"additionalProperties": values.schema or True} if values else {})})
    return TypeWord({"type": kind}) if kind in TYPES else None


def _array(item: str, depth: int) -> TypeWord | None:
    found = _read(item, depth + 1) or _read(item.removesuffix("s"), depth + 1)
    if found is None:
        return None
    return TypeWord({"type": "array", **({"items": found.schema} if found.schema else {})})


def _tuple(inner: list[str], depth: int) -> TypeWord | None:
    items = [_read(one, depth + 1) for one in inner]
    schemas = [one.schema for one in items if one is not None]
    if len(schemas) != len(items):
        return None
    size = len(schemas)
    return TypeWord({"type": "array", "prefixItems": schemas, "items": False, "minItems": size, "maxItems": size})


def _union(options: Iterable[str], depth: int) -> TypeWord | None:
    """Returns the meaning of alternatives; null among them makes the value optional."""
    found = [_read(option, depth + 1) for option in options]
    known = [one for one in found if one is not None]
    if len(known) != len(found):
        return None
    schemas = [one.schema for one in known if one.schema.get("type") != "null"]
    optional = len(schemas) < len(known) or any(one.optional for one in known)
    if not schemas or any(not schema for schema in schemas):
        return TypeWord({}, optional)
    if all(schema in ({"type": "integer"}, {"type": "number"}) for schema in schemas) and len(schemas) > 1:
        schemas = [{"type": "number"} if {"type": "number"} in schemas else {"type": "integer"}]
    different = [schema for at, schema in enumerate(schemas) if schema not in schemas[:at]]
    return TypeWord(different[0] if len(different) == 1 else {"anyOf": different}, optional)


def _literal(words: list[str]) -> TypeWord | None:
    """Returns an enum of the words in `Literal['a', 'b']`."""
    values = []
    for word in words:
        text = '"' + word[1:-1] + '"' if word[:1] == word[-1:] == "'" else word
        try:
            values.append(parse_json({"True": "true", "False": "false", "None": "null"}.get(text, text)))
        except JsonFault:
            return None
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    types = {kinds.get(type(value)) for value in values if value is not None}
    enum = [value for value in values if value is not None]
    if len(types) != 1 or None in types:
        return None
    return TypeWord({"type": types.pop(), "enum": enum}, len(enum) < len(values))


def _split(word: str, mark: str) -> list[str]:
    """Returns the parts of `word` between the marks that are outside of brackets and quotes."""
    parts, depth, start, quote = [], 0, 0, ""
    for at, character in enumerate(word):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character == mark and depth == 0:
            parts.append(word[start:at])
            start = at + 1
    return [part.strip() for part in [*parts, word[start:]]]
