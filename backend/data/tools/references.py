"""Finds what a `$ref` inside one tools.json refers to: JSON pointers, anchors and ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from backend.data.text import walk

REFERENCE_KEYS = ("$ref", "$recursiveRef", "$dynamicRef")
DEFINITIONS = ("$defs", "definitions")
_ANCHORS = ("$anchor", "$dynamicAnchor")
_IDS = ("$id", "id")
_MOST_HOPS = 16


def reference_of(schema: Any) -> str | None:
    """Returns the reference of a schema, or None if it has none."""
    if not isinstance(schema, Mapping):
        return None
    return next((schema[key] for key in REFERENCE_KEYS if isinstance(schema.get(key), str)), None)


def without_reference(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a schema says beside its reference."""
    return {key: value for key, value in schema.items() if key not in REFERENCE_KEYS}


def without_names(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a schema without the names by which others refer to it, and without definitions for others."""
    return {key: value for key, value in schema.items() if key not in (*_ANCHORS, "$id", *DEFINITIONS)}


@dataclass
class Budget:
    """How many schemas can still be written out for the references of one file."""

    left: int = 100_000


@dataclass(frozen=True)
class References:
    """Resolves references; `documents` are the tool's schema and what is around it, the innermost first.

    `budget` is shared by the tools of a file, and `normal` keeps the normal form of each schema, by its identity.
    """

    documents: tuple[Any, ...]
    budget: Budget = field(default_factory=Budget, compare=False)
    normal: dict[int, tuple[Any, Any]] = field(default_factory=dict, compare=False, repr=False)
    _resolved: dict[str, Mapping[str, Any] | None] = field(default_factory=dict, compare=False, repr=False)
    _recursive: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def resolve(self, reference: str) -> Mapping[str, Any] | None:
        """Returns the schema that `reference` names, or None if this file has no such schema."""
        if reference not in self._resolved:
            self._resolved[reference] = self._found(reference)
        return self._resolved[reference]

    @cached_property
    def _named(self) -> Mapping[str, Any]:
        """The schemas with an anchor or an id, and the definitions by their bare name; the first of each name."""
        found: dict[str, Any] = {}
        for document in self.documents:
            for name, schema in _names_in(document):
                found.setdefault(name, schema)
        return found

    def _found(self, reference: str) -> Mapping[str, Any] | None:
        if not (reference in ("", "#") or reference.startswith("#/")):
            named = self._named.get(reference)
            return named if isinstance(named, Mapping) else None
        for document in self.documents:
            found = self._in(document, reference)
            if found is True:
                return {}
            if isinstance(found, Mapping):
                return found
        return None

    def is_recursive(self, reference: str) -> bool:
        """Whether the schema that `reference` names leads back to itself."""
        if reference not in self._recursive:
            self._recursive[reference] = self._leads_back(reference)
        return self._recursive[reference]

    def _leads_back(self, reference: str) -> bool:
        seen: set[str] = set()
        waiting = [reference]
        while waiting:
            for found in _references_in(self.resolve(waiting.pop())):
                if found == reference:
                    return True
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
        return False

    def _in(self, document: Any, reference: str) -> Any:
        if reference in ("", "#"):
            return document
        return self._pointed(document, [_unescaped(part) for part in reference[2:].split("/")])

    def _pointed(self, document: Any, parts: list[str]) -> Any:
        """Returns the value at a JSON pointer, which may lead through another reference."""
        value = document
        for part in parts:
            for _ in range(_MOST_HOPS):
                through = reference_of(value)
                if through is None or part in value or through in ("", "#") or not through.startswith("#/"):
                    break
                value = _plainly_pointed(document, through)
            value = _step(value, part)
        return value


def _references_in(schema: Any) -> Iterator[str]:
    """Yields the references in a schema, without those of definitions, which other references lead to."""
    stack = [schema]
    while stack:
        value = stack.pop()
        reference = reference_of(value)
        if reference is not None:
            yield reference
        if isinstance(value, Mapping):
            stack += [item for key, item in value.items() if key not in DEFINITIONS]
        elif isinstance(value, list):
            stack += value


def _plainly_pointed(document: Any, reference: str) -> Any:
    for part in reference[2:].split("/"):
        document = _step(document, _unescaped(part))
    return document


def _unescaped(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")


def _step(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and part.isascii() and part.isdigit() and len(part) < 6 and int(part) < len(value):
        return value[int(part)]
    return None


def _names_in(document: Any) -> Iterator[tuple[str, Any]]:
    """Yields the references by name that a document allows, each with its schema."""
    for _, value in walk(document):
        if isinstance(value, dict):
            yield from (("#" + str(value[key]), value) for key in _ANCHORS if key in value)
            yield from ((str(value[key]), value) for key in _IDS if isinstance(value.get(key), str))
    for group in DEFINITIONS:
        inside = document.get(group) if isinstance(document, Mapping) else None
        yield from inside.items() if isinstance(inside, Mapping) else ()
