"""Reads the Trainer's JSON documents into types: each field is checked once; an error names the file and field."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from backend.errors import InputError

T = TypeVar("T")
LARGEST = 2**63
"""Far above every count or measurement in these documents: a larger number means a damaged file."""
LONGEST_SHOWN = 80


class Damaged(InputError):
    """A field of a document is missing or wrong; `what` says which and how, without the file and the next step."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(
            f"{source} is damaged: {what}. Run the stage again that wrote the file, or restore the file from a copy."
        )
        self.what = what


class Field:
    """One value of a document and its place: `source` names the file, `at` is the path of the field in it."""

    __slots__ = ("_key", "_parent", "source", "value")

    def __init__(self, source: str, value: object, parent: Field | None = None, key: str | int = "") -> None:
        self.source = source
        self.value = value
        self._parent = parent
        self._key = key

    @property
    def at(self) -> str:
        """The path of the field, such as tuned.rows[3].line; empty for the whole document."""
        if self._parent is None:
            return ""
        if isinstance(self._key, int):
            return f"{self._parent.at}[{self._key}]"
        return f"{self._parent.at}.{self._key}" if self._parent.at else self._key

    def damage(self, expected: str) -> Damaged:
        """Returns the error for a value that is not `expected`."""
        shown = ascii(self.value)
        found = shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"
        return Damaged(self.source, f"{self.at or 'it'} must be {expected}, found {found}")

    def __getitem__(self, name: str) -> Field:
        """Returns a field of this object. Raises InputError if the object lacks it."""
        fields = self.mapping()
        if name not in fields:
            raise Damaged(self.source, f"{self.at or 'it'} has no {name!r}")
        return Field(self.source, fields[name], self, name)

    def optional(self, name: str, read: Callable[[Field], T]) -> T | None:
        """Returns a field, converted by `read`; None if this object lacks the field or its value is null."""
        value = self.mapping().get(name)
        return None if value is None else read(Field(self.source, value, self, name))

    def mapping(self) -> Mapping[str, Any]:
        """Returns the object with unchecked values."""
        if not isinstance(self.value, dict):
            raise self.damage("an object")
        return self.value

    def items(self) -> dict[str, Field]:
        """Returns the fields of an object whose names are data."""
        return {self._text(name): Field(self.source, value, self, name) for name, value in self.mapping().items()}

    def list(self) -> list[Field]:
        """Returns the elements of a list."""
        if not isinstance(self.value, list):
            raise self.damage("a list")
        return [Field(self.source, value, self, at) for at, value in enumerate(self.value)]

    def text(self) -> str:
        """Returns a text that can be encoded as UTF-8."""
        return self._text(self.value)

    def _text(self, value: object) -> str:
        if not isinstance(value, str) or not (value.isascii() or _is_unicode(value)):
            raise self.damage("text")
        return value

    def word(self, words: Collection[str]) -> str:
        """Returns one of the allowed words."""
        if not isinstance(self.value, str) or self.value not in words:
            raise self.damage(f"one of {', '.join(words)}")
        return self.value

    def flag(self) -> bool:
        """Returns a boolean."""
        if not isinstance(self.value, bool):
            raise self.damage("true or false")
        return self.value

    def count(self) -> int:
        """Returns a whole number of at least 0."""
        if type(self.value) is not int or not 0 <= self.value < LARGEST:
            raise self.damage("a whole number from 0")
        return self.value

    def number(self) -> float:
        """Returns a finite number, without a conversion."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
            raise self.damage("a number")
        return value

    def share(self) -> float:
        """Returns a number from 0 to 1."""
        if not 0 <= self.number() <= 1:
            raise self.damage("a number from 0 to 1")
        return self.number()


def check_schema(document: Field, supported: int) -> None:
    """Raises InputError if the document has another schema than `supported`; the first schema has no number."""
    found = document.optional("schema", Field.count)
    if found not in (None, supported):
        raise InputError(
            f"{document.source} has schema {found}; this version reads {supported}. Update the trainer, or run the "
            "stage again."
        )


def finite(value: float | None) -> float | None:
    """Returns the number, or None for NaN and infinity, which JSON cannot contain."""
    return value if value is None or math.isfinite(value) else None


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
