"""Cleans the values of calls together with the message that they were copied from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.data.calls import CallsCell, RawCall
from backend.data.fixers.calls import rewritten
from backend.data.rows import Inputs
from backend.data.text import Path, simple_marks
from backend.records import Tool

Clean = Callable[[str], str]
"""Returns a clean text unchanged."""
Tools = Mapping[str, Tool]


@dataclass(frozen=True)
class MessageFixer:
    """Cleans a message; `clean` is also applied to the values that were copied from it."""

    clean: Clean

    def __call__(self, text: str, _inputs: Inputs) -> str:
        """Returns the clean message."""
        return self.clean(text)


@dataclass(frozen=True)
class ValuesFixer:
    """Cleans every value of a cell that tools.json does not list in an enum."""

    clean: Clean

    def __call__(self, cell: CallsCell, inputs: Inputs) -> str:
        """Returns the cell with clean values."""
        return cleaned_values(cell, inputs.tools, self.clean)


def cleaned_values(cell: CallsCell, tools: Tools, clean: Clean) -> str:
    """Returns the cell with every value cleaned that is not in an enum; a value that would become blank stays."""

    def change(_path: Path, text: str) -> str:
        cleaned = clean(text)
        return cleaned if cleaned.strip() else text

    return rewritten(cell, lambda call: (call.name, _mapped(call, tools, change)))


def open_texts(call: RawCall, tools: Tools) -> list[tuple[Path, str]]:
    """Returns the path and the text of each string in a call that tools.json does not list in an enum."""
    found: list[tuple[Path, str]] = []

    def note(path: Path, text: str) -> str:
        found.append((path, text))
        return text

    _mapped(call, tools, note)
    return found


def as_in_message(value: str, message: str) -> str | None:
    """Returns a value with the quotes, dashes and spaces of the message, if it differs from it in these alone."""
    if value.casefold() in message.casefold() or not value.strip():
        return None
    plain_value, plain_message = simple_marks(value), simple_marks(message)
    at = plain_message.lower().find(plain_value.lower())
    if at < 0 or len(plain_message.lower()) != len(message) or len(plain_value.lower()) != len(value):
        return None
    pairs = zip(value, message[at : at + len(value)], strict=True)
    return "".join(other if simple_marks(one) == simple_marks(other) else one for one, other in pairs)


def write_as_in_message(message: str, cell: CallsCell, inputs: Inputs) -> str:
    """Writes the values of a cell with the quotes, dashes and spaces of the message."""

    def change(_path: Path, text: str) -> str:
        return as_in_message(text, message) or text

    return rewritten(cell, lambda call: (call.name, _mapped(call, inputs.tools, change)))


def follow_message(cell: CallsCell, tools: Tools, before: str, after: str, clean: Clean) -> str | None:
    """Returns the cell with the values cleaned that the old message has and the new one has not.

    None if such a value, cleaned, is not in the new message either: then the message must stay as it is.
    """
    old, new = before.casefold(), after.casefold()
    lost = False

    def change(_path: Path, text: str) -> str:
        nonlocal lost
        if not text.strip() or text.casefold() not in old or text.casefold() in new:
            return text
        cleaned = clean(text)
        lost = lost or not cleaned.strip() or cleaned.casefold() not in new
        return cleaned

    fixed = rewritten(cell, lambda call: (call.name, _mapped(call, tools, change)))
    return None if lost else fixed


def keeps_copies(before: CallsCell, after: CallsCell, tools: Tools, message: str) -> bool:
    """Whether every value that the message has is still in the message after a change of the values alone."""
    folded = message.casefold()

    def texts(cell: CallsCell) -> list[str]:
        return [text.casefold() for call in cell.sound for _, text in open_texts(call, tools)]

    pairs = zip(texts(before), texts(after), strict=True)
    return all(new in folded for old, new in pairs if old != new and old in folded)


def _mapped(call: RawCall, tools: Tools, change: Callable[[Path, str], str]) -> Any:
    """Returns the arguments with every string changed, except values of an enum."""
    tool = tools.get(call.name)
    return _changed(call.arguments, tool.parameters if tool else {}, (), change)


def _changed(value: Any, schema: Any, path: Path, change: Callable[[Path, str], str]) -> Any:
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, str):
        return value if known.get("enum") else change(path, value)
    if isinstance(value, Mapping):
        properties = known.get("properties") or {}
        return {name: _changed(item, properties.get(name), (*path, name), change) for name, item in value.items()}
    if isinstance(value, list):
        return [_changed(item, known.get("items"), (*path, at), change) for at, item in enumerate(value)]
    return value
