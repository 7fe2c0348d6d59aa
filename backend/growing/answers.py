"""Reads rows and labels out of a text that a model wrote: strict JSON, with anything around it, cut at any place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.data.text import composed, without_outer_space
from backend.records import Call

MOST_CHARACTERS = 400_000
"""The part of an answer that is read: twenty rows have a hundredth of it."""
MOST_ITEMS = 500
LONGEST_MESSAGE = 1000
LONGEST_CALLS = 10_000
_MOST_STARTS = 4000
_WORK = 8 * MOST_CHARACTERS
"""Characters that failed attempts may read together, so that a hostile text takes a bounded time."""
_THOUGHTS_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ITEM = re.compile(r"\{(?=\s*\")")


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """One row as a teacher wrote it; `number` is that of its order in the request, None if it has none."""

    number: int | None
    message: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """The rows of an answer, and how many objects in it were no rows."""

    rows: tuple[WrittenRow, ...]
    unreadable: int = 0


def read_rows(text: str) -> ReadAnswer:
    """Returns the rows in a model's answer, in order; no text makes this raise."""
    rows, unreadable = [], 0
    for item in _items(text, "message"):
        message, calls = _message(item.get("message")), _calls(item.get("calls"))
        if calls is None or message is None:
            unreadable += 1
        else:
            rows.append(WrittenRow(_number(item), message, calls))
    return ReadAnswer(tuple(rows), unreadable)


def read_labels(text: str) -> dict[int, tuple[Call, ...]]:
    """Returns the calls for each numbered message in a model's answer; a number with two labels has none."""
    labels: dict[int, tuple[Call, ...] | None] = {}
    for item in _items(text, "calls"):
        number, calls = _number(item), _calls(item.get("calls"))
        if number is not None and calls is not None:
            labels[number] = calls if labels.get(number, calls) == calls else None
    return {number: calls for number, calls in labels.items() if calls is not None}


def _items(text: str, key: str) -> Iterator[dict[str, Any]]:
    """Yields the objects with the key, wherever they are: in a list, in another object, between words, in a fence."""
    readable = _THOUGHTS_END.split(text[:MOST_CHARACTERS])[-1]
    at, work, found = 0, 0, 0
    for _ in range(_MOST_STARTS):
        start = _ITEM.search(readable, at)
        if start is None or work > _WORK or found >= MOST_ITEMS:
            return
        try:
            value, end = json.JSONDecoder(parse_constant=_no_constant).raw_decode(readable, start.start())
        except json.JSONDecodeError as error:
            at, work = start.end(), work + error.pos - start.start()
            continue
        except (ValueError, RecursionError):  # too many digits, NaN, or too many levels
            at, work = start.end(), work + len(readable) - start.start()
            continue
        at = end
        for item in _with_key(value, key):
            found += 1
            yield item


def _with_key(value: Any, key: str) -> list[dict[str, Any]]:
    """Returns the object, or the objects in a list in it, that have the key."""
    if key in value:
        return [value]
    lists = [inner for inner in value.values() if isinstance(inner, list)]
    return [item for inner in lists for item in inner if isinstance(item, dict) and key in item][:MOST_ITEMS]


def _message(value: Any) -> str | None:
    """Returns a message in composed form; None if it is no text, too long, or cannot be written as UTF-8."""
    if not isinstance(value, str) or len(value) > LONGEST_MESSAGE or _SURROGATE.search(value):
        return None
    return composed(without_outer_space(value))


def _number(item: dict[str, Any]) -> int | None:
    number = item.get("n")
    return number if type(number) is int and 0 < number <= MOST_ITEMS else None


def _calls(value: Any) -> tuple[Call, ...] | None:
    """Returns the calls in a list of objects with a name and arguments; None if it is no such list."""
    written = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, list) or len(written) > LONGEST_CALLS or _SURROGATE.search(written):
        return None
    calls = []
    for item in value:
        name = item.get("name") if isinstance(item, dict) else None
        arguments = item.get("arguments", {}) if isinstance(item, dict) else None
        if not isinstance(name, str) or not isinstance(arguments, dict):
            return None
        calls.append(Call(name, arguments))
    return tuple(calls)


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
