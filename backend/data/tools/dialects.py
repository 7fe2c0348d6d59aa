"""Recognises parameters in other dialects: arguments without `properties`, and arguments as a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from backend.data.tools.references import DEFINITIONS
from backend.data.tools.type_words import TYPES, plain_type, read_type

Dialect = Literal["flat", "list"]

_ABOUT_OBJECTS = {
    *DEFINITIONS, "properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames",
    "dependentSchemas", "dependentRequired", "not", "if", "then", "else",
}  # fmt: skip
_ABOUT_VALUES = {"items", "contains", "default", "const", "example", "discriminator", "xml", "externalDocs"}
_NAMES = ("name", "param", "parameter")


def dialect_of(schema: Any, *, nested: bool) -> Dialect | None:
    """Returns the dialect of a schema: "flat" if it holds the arguments themselves, "list" for a list of them.

    `nested` says that it is the schema of an argument, not of a tool's parameters.
    """
    if isinstance(schema, list):
        named = bool(schema) and all(isinstance(item, Mapping) and _name_of(item) is not None for item in schema)
        return "list" if named and not nested else None
    if not isinstance(schema, Mapping) or not schema or isinstance(schema.get("properties"), Mapping):
        return None
    if not all(_is_argument(item) for item in schema.values()):
        return None
    if schema.keys() & (_ABOUT_OBJECTS | _ABOUT_VALUES if nested else _ABOUT_OBJECTS):
        return "flat" if isinstance(schema.get("type"), Mapping) else None
    return "flat" if _is_described(schema, nested=nested) else None


def _is_described(schema: Mapping[str, Any], *, nested: bool) -> bool:
    """Whether the values of a schema are the schemas of arguments, and not the schema's own keywords."""
    words = [key for key, item in schema.items() if isinstance(item, str)]
    if nested:
        return not words
    return "type" not in words and "description" not in words and "title" not in words


def _is_argument(item: Any) -> bool:
    """Whether a value can be the schema of one argument: an object, or the name of a type."""
    return isinstance(item, Mapping) or (isinstance(item, str) and read_type(item) is not None)


def _name_of(item: Mapping[str, Any]) -> str | None:
    return next((item[key] for key in _NAMES if isinstance(item.get(key), str) and item[key]), None)


def standard_parameters(schema: Any, *, nested: bool) -> Any:
    """Returns the schema of a dialect with `type`, `properties` and `required`; any other schema is unchanged.

    An argument of a tool is required unless its type says "optional", or it has a default or `"required": false`; an
    argument inside another one only with `"required": true`.
    """
    dialect = dialect_of(schema, nested=nested)
    if dialect is None:
        return schema
    if dialect == "flat":
        arguments = {name: {"type": item} if isinstance(item, str) else item for name, item in schema.items()}
    else:
        arguments = {
            str(_name_of(item)): {key: value for key, value in item.items() if key not in _NAMES} for item in schema
        }
    required = [name for name, item in arguments.items() if _is_required(item, otherwise=not nested)]
    properties = {name: _without_marks(item) for name, item in arguments.items()}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _is_required(item: Mapping[str, Any], *, otherwise: bool) -> bool:
    if isinstance(item.get("required"), bool):
        return bool(item["required"])
    kind = item.get("type")
    word = read_type(kind) if isinstance(kind, str) else None
    return otherwise and not (item.get("optional") is True or "default" in item or (word is not None and word.optional))


def _without_marks(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an argument's schema without marks of other dialects, and without an empty text as default."""
    plain = {
        key: value for key, value in item.items() if not (key in ("required", "optional") and value in (True, False))
    }
    kind = plain.get("type")
    word = read_type(kind) if isinstance(kind, str) else None
    if plain.get("default") == "" and word is not None and word.schema.get("type") != "string":
        del plain["default"]
    return plain


def fields_of(schema: Any, *, nested: bool) -> tuple[Mapping[str, Any], tuple[str | int, ...]]:
    """Returns the arguments that a schema holds, and the path from the schema to them."""
    if isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping):
        return schema["properties"], ("properties",)
    if dialect_of(schema, nested=nested) == "flat":
        return schema, ()
    return {}, ()


def foreign_type(schema: Mapping[str, Any]) -> str | None:
    """Returns what a type means that is not JSON schema's own word but can be read, or None."""
    word = schema.get("type")
    if not isinstance(word, str) or word in TYPES:
        return None
    read = read_type(word)
    return _meaning(read.schema, optional=read.optional) if read is not None and plain_type(word) in TYPES else None


def _meaning(schema: Mapping[str, Any], *, optional: bool) -> str:
    """Returns what a type means, as words: `array of number, optional`."""
    words = " or ".join(str(one.get("type")) for one in schema.get("anyOf", [schema]))
    items = schema.get("items")
    if isinstance(items, Mapping):
        words += f" of {_meaning(items, optional=False)}"
    elif isinstance(schema.get("prefixItems"), list):
        words += f" of {len(schema['prefixItems'])} items"
    return f"{words}, optional" if optional else words
