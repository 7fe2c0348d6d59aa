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
        """The path of the field, such as tuned.rows[3].line; empty for the document itself."""
        if self._parent is None:
            return ""
        if isinstance(self._key, int):
            return f"{self._parent.at}[{self._key}]"
        return f"{self._parent.at}.{self._key}" if self._parent.at else self._key

    def damage(self, wanted: str) -> Damaged:
        """The error of a value that is not what the field holds."""
        shown = ascii(self.value)
        found = shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"
        return Damaged(self.source, f"{self.at or 'it'} must be {wanted}, found {found}")

    def __getitem__(self, name: str) -> Field:
        """A field of this object; InputError if the object lacks it."""
        fields = self.mapping()
        if name not in fields:
            raise Damaged(self.source, f"{self.at or 'it'} has no {name!r}")
        return Field(self.source, fields[name], self, name)

    def optional(self, name: str, read: Callable[[Field], T]) -> T | None:
        """A field as `read` takes it; None if this object lacks the field or has null there."""
        value = self.mapping().get(name)
        return None if value is None else read(Field(self.source, value, self, name))

    def mapping(self) -> Mapping[str, Any]:
        """The object itself, its values unchecked."""
        if not isinstance(self.value, dict):
            raise self.damage("an object")
        return self.value

    def items(self) -> dict[str, Field]:
        """The fields of an object whose names are data."""
        return {self._text(name): Field(self.source, value, self, name) for name, value in self.mapping().items()}

    def list(self) -> list[Field]:
        """The elements of a list."""
        if not isinstance(self.value, list):
            raise self.damage("a list")
        return [Field(self.source, value, self, at) for at, value in enumerate(self.value)]

    def text(self) -> str:
        """A text that can be written as UTF-8."""
        return self._text(self.value)

    def _text(self, value: object) -> str:
        if not isinstance(value, str) or not (value.isascii() or _is_unicode(value)):
            raise self.damage("text")
        return value

    def word(self, words: Collection[str]) -> str:
        """One of the words that the field may hold."""
        if not isinstance(self.value, str) or self.value not in words:
            raise self.damage(f"one of {', '.join(words)}")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.damage("true or false")
        return self.value

    def count(self) -> int:
        """A whole number from 0."""
        if type(self.value) is not int or not 0 <= self.value < LARGEST:
            raise self.damage("a whole number from 0")
        return self.value

    def number(self) -> float:
        """A finite number, as it is written."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
            raise self.damage("a number")
        return value

    def share(self) -> float:
        """A number from 0 to 1."""
        if not 0 <= self.number() <= 1:
            raise self.damage("a number from 0 to 1")
        return self.number()


def check_schema(document: Field, known: int) -> None:
    """InputError unless the document has the layout that this version reads; the first layout has no number."""
    found = document.optional("schema", Field.count)
    if found not in (None, known):
        raise InputError(
            f"{document.source} has schema {found}; this version reads {known}. Update the trainer, or run the stage "
            "again."
        )


def finite(value: float | None) -> float | None:
    """The number, or None for NaN and infinity, which are no JSON."""
    return value if value is None or math.isfinite(value) else None


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
