"""Converts argument schemas to the form that the prompt template renders: plain types, no unions, no references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.data.text import walk

TYPES = ("string", "integer", "number", "boolean", "array", "object")

TYPE_ALIASES = {
    "str": "string", "text": "string", "char": "string", "varchar": "string", "date": "string",
    "int": "integer", "int32": "integer", "int64": "integer", "long": "integer",
    "float": "number", "double": "number", "decimal": "number", "numeric": "number",
    "bool": "boolean", "list": "array", "tuple": "array", "set": "array",
    "dict": "object", "map": "object", "struct": "object", "any[]": "array",
}  # fmt: skip
"""Names of other languages for JSON schema's types."""

UNIONS = ("anyOf", "oneOf", "allOf")
_DEFINITIONS = ("$defs", "definitions")


def plain_type(word: str) -> str:
    """Returns JSON schema's name of a type, such as `string` for `STRING` and `str`; an unknown name is unchanged."""
    lowered = word.strip().lower()
    return lowered if lowered in TYPES else TYPE_ALIASES.get(lowered, word)


def normal_parameters(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a tool's whole parameter schema in normal form; a part that cannot be simplified is unchanged."""
    plain: dict[str, Any] = normal_schema(schema, schema, ())
    if "type" not in plain and not any(union in plain for union in UNIONS):
        plain = {"type": "object", **plain}
    if not any(path and path[-1] == "$ref" for path, _ in walk(plain)):
        plain = {key: value for key, value in plain.items() if key not in _DEFINITIONS}
    return plain


def safe_parameters(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the normal form without parts that would make a renderer fail, for any file."""
    return _safe(normal_parameters(schema))


def _safe(schema: Mapping[str, Any]) -> dict[str, Any]:
    safe: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            value = (
                {name: _safe(item) for name, item in value.items() if isinstance(item, Mapping)}
                if isinstance(value, Mapping)
                else {}
            )
        elif key == "items":
            value = _safe(value) if isinstance(value, Mapping) else {}
        elif key in ("required", "enum"):
            if not isinstance(value, list):
                continue
            value = [item for item in value if key == "enum" or isinstance(item, str)]
        elif key == "description":
            value = value if isinstance(value, str) else ""
        elif key == "type" and not isinstance(value, (str, list)):
            continue
        safe[key] = value
    return safe


def normal_schema(schema: Any, root: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
    """Returns one schema in normal form; `inside` are the references on the way to it, so that a cycle is unchanged."""
    if not isinstance(schema, Mapping):
        return schema
    plain, inside = _follow(dict(schema), root, inside)
    plain = _flatten_unions(plain, root, inside)
    if "const" in plain and "enum" not in plain and isinstance(plain["const"], str):
        plain["enum"] = [plain.pop("const")]
    if isinstance(plain.get("enum"), list) and None in plain["enum"] and len(plain["enum"]) > 1:
        plain["enum"] = [value for value in plain["enum"] if value is not None]
    kind = _normal_type(plain)
    if kind is not None:
        plain["type"] = kind
    if isinstance(plain.get("properties"), Mapping):
        plain["properties"] = {name: normal_schema(item, root, inside) for name, item in plain["properties"].items()}
    if isinstance(plain.get("items"), Mapping):
        plain["items"] = normal_schema(plain["items"], root, inside)
    return plain


def _follow(
    schema: dict[str, Any], root: Mapping[str, Any], inside: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Returns the schema with its `$ref` replaced by the referenced schema of the same tool."""
    while isinstance(reference := schema.get("$ref"), str) and reference not in inside and len(inside) < len(TYPES) * 4:
        target = _resolve(reference, root)
        if target is None:
            break
        inside = (*inside, reference)
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema, inside


def _resolve(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    parts = reference.split("/")
    if len(parts) != 3 or parts[0] != "#" or parts[1] not in _DEFINITIONS:
        return None
    group = root.get(parts[1])
    target = group.get(parts[2]) if isinstance(group, Mapping) else None
    return target if isinstance(target, Mapping) else None


def _flatten_unions(schema: dict[str, Any], root: Mapping[str, Any], inside: tuple[str, ...]) -> dict[str, Any]:
    """Returns the schema with each union replaced by its only option that is not null, if there is only one."""
    for union in UNIONS:
        options = schema.get(union)
        if not isinstance(options, list) or not options:
            continue
        real = [normal_schema(option, root, inside) for option in options]
        real = [option for option in real if not (isinstance(option, Mapping) and option.get("type") == "null")]
        merged = _merged(real)
        if merged is not None:
            schema = {**merged, **{key: value for key, value in schema.items() if key != union}}
    return schema


def _merged(options: list[Any]) -> dict[str, Any] | None:
    """Returns one schema that is equivalent to all options, or None if there is no such schema."""
    if len(options) == 1 and isinstance(options[0], Mapping):
        return dict(options[0])
    if not all(isinstance(option, Mapping) for option in options):
        return None
    if options and all(_is_words(option) for option in options):
        words = [word for option in options for word in option["enum"]]
        return {"type": "string", "enum": list(dict.fromkeys(words))}
    if {str(option.get("type")) for option in options} == {"integer", "number"}:
        return {"type": "number"}
    return None


def _is_words(option: Mapping[str, Any]) -> bool:
    words = option.get("enum")
    return option.get("type") == "string" and isinstance(words, list) and all(isinstance(word, str) for word in words)


def _normal_type(schema: Mapping[str, Any]) -> str | None:
    """Returns the schema's type as one name, or None if it has none or several."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return plain_type(kind)
    if isinstance(kind, list):
        real = {plain_type(str(word)) for word in kind} - {"null"}
        if real == {"integer", "number"}:
            return "number"
        return real.pop() if len(real) == 1 else None
    return _inferred_type(schema) if kind is None else None


def _inferred_type(schema: Mapping[str, Any]) -> str | None:
    """Returns the type that follows from the rest of the schema, or None."""
    if isinstance(schema.get("properties"), Mapping):
        return "object"
    if isinstance(schema.get("items"), Mapping):
        return "array"
    values = schema.get("enum")
    if isinstance(values, list) and values:
        kinds = {type(value) for value in values}
        return (
            {str: "string", int: "integer", bool: "boolean", float: "number"}.get(kinds.pop())
            if len(kinds) == 1
            else None
        )
    return None
