"""Converts argument schemas to the form that the prompt template renders: plain types, no unions, no references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.data.text import walk
from backend.data.tools.dialects import standard_parameters
from backend.data.tools.enums import read_enum
from backend.data.tools.nullable import accepts_null, is_null, is_optional
from backend.data.tools.references import (
    DEFINITIONS,
    REFERENCE_KEYS,
    References,
    reference_of,
    without_names,
    without_reference,
)
from backend.data.tools.type_words import plain_type, read_type
from backend.data.tools.unions import UNIONS, all_of, merged

_MOST_EXPANDED = 2_000
"""Schemas of one tool that are written out for references; of a tool with more, every reference stays."""


def normal_parameters(
    schema: Any, references: References | None = None, *, cut: bool = False, nullable: bool = False
) -> dict[str, Any]:
    """Returns a tool's whole parameter schema in normal form; a part that cannot be simplified is unchanged.

    With `cut`, a reference to a schema around it becomes a schema without fields, so that no reference is left. With
    `nullable`, arguments that are marked `"nullable": true` are not required.
    """
    standard = standard_parameters(schema, nested=False)
    plain = _normal(standard, references or References((schema, standard)), cut, nullable)
    if not isinstance(plain, dict):
        return {}
    if isinstance(plain.get("properties"), dict):
        plain["type"] = "object"
    if "type" not in plain and not any(union in plain for union in UNIONS):
        plain = {"type": "object", **plain}
    without = {key: value for key, value in plain.items() if key not in DEFINITIONS}
    return plain if any(path and path[-1] in REFERENCE_KEYS for path, _ in walk(without)) else without


def _read_required(plain: dict[str, Any]) -> None:
    """Writes `required` as a list of names: true is all of them, a text is one."""
    said = plain.get("required", [])
    if isinstance(said, list):
        plain |= {"required": [name for name in said if isinstance(name, str)]} if said else {}
        return
    properties = plain.get("properties")
    names = list(properties) if isinstance(properties, Mapping) else []
    plain["required"] = names if said is True else [name for name in names if name == said]
    if not names:
        del plain["required"]


def _is_marked(item: Any) -> bool:
    """Whether an argument's schema says by itself that it is required."""
    return isinstance(item, Mapping) and item.get("required") is True


def normal_schema(schema: Any, references: References) -> Any:
    """Returns one schema in normal form, not to be changed; a reference to a schema around it is unchanged."""
    known = references.normal.get(id(schema))
    if known is None:
        known = references.normal[id(schema)] = (schema, _normal(schema, references))
    return known[1]


def _normal(schema: Any, references: References, cut: bool = False, nullable: bool = False) -> Any:
    walker = _Walker(references, cut=cut, nullable=nullable)
    plain = walker.normal(schema, ())
    references.budget.left -= walker.allowed - walker.left
    if walker.left > 0 or cut:
        return plain
    return _Walker(References(()), cut=cut, nullable=nullable).normal(schema, ())


def is_recursive(schema: Any, references: References) -> bool:
    """Whether a reference in the normal form leads to a schema around it, so that it cannot be written out."""
    plain = normal_schema(schema, references)
    found = (reference_of(value) for _, value in walk(plain) if isinstance(value, dict))
    return any(reference is not None and references.resolve(reference) is not None for reference in found)


class _Walker:
    """Normalises the schemas of one tool, and bounds how much references write out."""

    def __init__(self, references: References, *, cut: bool = False, nullable: bool = False) -> None:
        self._references = references
        self._cut = cut
        self._nullable = nullable
        self.allowed = self.left = min(_MOST_EXPANDED, references.budget.left)

    def normal(self, schema: Any, inside: tuple[str, ...]) -> Any:
        """Returns a schema in normal form; `inside` are the references on the way to it."""
        if schema is True:
            return {}
        if not isinstance(schema, Mapping):
            return schema
        plain, inside = self._follow(dict(schema), inside)
        if plain.get("type", "") is None:
            del plain["type"]
        plain = dict(standard_parameters(plain, nested=True))
        plain = self._flatten_unions(plain, inside)
        _read_type(plain)
        _read_tuple(plain)
        _infer_type(plain)
        read_enum(plain)
        for key in ("items", "additionalProperties"):
            if isinstance(plain.get(key), Mapping) or (key == "items" and plain.get(key) is True):
                plain[key] = self.normal(plain[key], inside)
        if isinstance(plain.get("prefixItems"), list):
            plain["prefixItems"] = [self.normal(item, inside) for item in plain["prefixItems"]]
        _read_required(plain)
        if isinstance(plain.get("properties"), Mapping):
            self._normal_properties(plain, inside)
        return plain

    def _normal_properties(self, plain: dict[str, Any], inside: tuple[str, ...]) -> None:
        """Normalises the arguments of an object; one that may be null is not required."""
        properties: Mapping[str, Any] = plain["properties"]
        required = plain.get("required", [])
        marked = [name for name, item in properties.items() if _is_marked(item) and name not in required]
        left_out = {name for name, item in properties.items() if self._is_optional(item)}
        if "required" in plain or marked:
            plain["required"] = [name for name in (*required, *marked) if name not in left_out]
        plain["properties"] = {name: self.normal(_unmarked(item), inside) for name, item in properties.items()}

    def _is_optional(self, item: Any) -> bool:
        return is_optional(item, self._references) or (
            self._nullable and accepts_null(item, self._references, marked=True)
        )

    def _follow(self, schema: dict[str, Any], inside: tuple[str, ...]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Returns the schema with its reference replaced by the referenced schema."""
        self.left -= bool(inside)
        while (reference := reference_of(schema)) is not None:
            target = self._references.resolve(reference)
            if target is None:
                break
            beside = without_reference(schema)
            if not self._cut and (self._references.is_recursive(reference) or self.left <= 0):
                break
            if reference in inside or self.left <= 0:
                kept = ("type", "description", "title")
                open_target = {key: target[key] for key in kept if isinstance(target.get(key), str)}
                return {"type": "object", **open_target, **beside}, inside
            inside = (*inside, reference)
            schema = {**without_names(target), **beside}
        return schema, inside

    def _flatten_unions(self, schema: dict[str, Any], inside: tuple[str, ...]) -> dict[str, Any]:
        """Returns the schema with each union replaced by the one schema that it allows, if there is one."""
        for union in UNIONS:
            options = schema.get(union)
            if options == []:
                schema = {key: value for key, value in schema.items() if key != union}
            if not isinstance(options, list) or not options:
                continue
            normal = [self.normal(option, inside) for option in options]
            real = [one for one in normal if not is_null(one)]
            one = all_of(real) if union == "allOf" else merged(real)
            if one is not None:
                schema = {**one, **{key: value for key, value in schema.items() if key != union}}
        return schema


def _unmarked(item: Any) -> Any:
    """Returns an argument's schema; the name of a type alone is one, and `"required": true` belongs around it."""
    if isinstance(item, str) and read_type(item) is not None:
        return {"type": item}
    if item is None:
        return {}
    if isinstance(item, Mapping) and isinstance(item.get("required"), bool):
        return {key: value for key, value in item.items() if key != "required"}
    return item


def _read_type(plain: dict[str, Any]) -> None:
    """Writes the type as one of JSON schema's words, if the schema has exactly one."""
    kind = plain.get("type")
    if isinstance(kind, list):
        real = {plain_type(str(word)) for word in kind} - {"null"}
        if real == {"integer", "number"}:
            plain["type"] = "number"
        elif len(real) == 1:
            plain["type"] = real.pop()
        return
    word = read_type(kind) if isinstance(kind, str) else None
    if word is None:
        return
    read = merged(word.schema["anyOf"]) if "anyOf" in word.schema else word.schema
    if read is not None and read.get("type"):
        plain["type"] = read["type"]
        for key, value in read.items():
            plain.setdefault(key, value)


def _read_tuple(plain: dict[str, Any]) -> None:
    """Writes a list of item schemas as `prefixItems`, and the schema of the items after them as `items`."""
    if isinstance(plain.get("items"), list):
        plain.setdefault("prefixItems", plain["items"])
        rest = plain.pop("additionalItems", None)
        del plain["items"]
        if rest is not None:
            plain["items"] = rest


def _infer_type(plain: dict[str, Any]) -> None:
    """Adds the type that the rest of the schema determines."""
    if plain.get("type") is not None:
        return
    if isinstance(plain.get("properties"), Mapping):
        plain["type"] = "object"
    elif isinstance(plain.get("items"), Mapping | bool) or isinstance(plain.get("prefixItems"), list):
        plain["type"] = "array"
