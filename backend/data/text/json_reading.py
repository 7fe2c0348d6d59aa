"""Reads JSON strictly, and also finds repeated keys, NaN, and the position of each value."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented, but imported by name in json
from typing import Any

Path = tuple[str | int, ...]
_TOKEN = re.compile(r'[\s,:]*([\[\]{}"]|[^\s,:\[\]{}"]+)')
_MAX_INTEGER_DIGITS = 400
MAX_DEPTH = 32
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


class JsonFault(ValueError):
    """The text is not JSON; the error has the reason, the line, the column and the offset."""

    def __init__(self, reason: str, line: int, column: int, offset: int) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column, self.offset = reason, line, column, offset


class RepeatedKeys(dict[str, Any]):
    """An object in which a key occurs more than once; the last value counts, as in most JSON readers."""

    repeated: tuple[str, ...] = ()


def parse_json(text: str) -> Any:
    """Returns the value of `text`; an object with a repeated key is a RepeatedKeys. Raises JsonFault."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonFault(error.msg, error.lineno, error.colno, error.pos) from error
    except RecursionError as error:
        raise JsonFault(_TOO_DEEP, 1, 1, 0) from error
    if text.count("[") + text.count("{") > MAX_DEPTH and any(len(path) > MAX_DEPTH for path, _ in walk(value)):
        raise JsonFault(_TOO_DEEP, 1, 1, 0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = RepeatedKeys(plain)
    marked.repeated = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return marked


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else math.inf


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, strict=False)


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yields every value in `value` with its path, starting with `value` itself."""
    stack: list[tuple[Path, Any]] = [(path, value)]
    while stack:
        here, current = stack.pop()
        yield here, current
        if isinstance(current, dict):
            stack.extend(((*here, key), item) for key, item in reversed(current.items()))
        elif isinstance(current, list):
            stack.extend(((*here, at), item) for at, item in reversed(list(enumerate(current))))


def repeated_keys(value: Any) -> Iterator[tuple[Path, str]]:
    """Yields the path of each object with a repeated key, and the key."""
    for path, item in walk(value):
        if isinstance(item, RepeatedKeys):
            for key in item.repeated:
                yield (*path, key), key


def not_finite(value: Any) -> Iterator[tuple[Path, float]]:
    """Yields the path of each NaN and infinity, and the value."""
    for path, item in walk(value):
        if isinstance(item, float) and not math.isfinite(item):
            yield path, item


def path_text(path: Path) -> str:
    """Returns a path as text, such as `[0].function.name`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return text


@dataclass(frozen=True)
class Positions:
    """The position at which each value of a JSON text begins, by path."""

    offsets: dict[Path, int]
    line_starts: list[int]

    def line(self, path: Path) -> int:
        """Returns the physical line, from 1, of the value at `path`, or of the innermost value that contains it."""
        while path and path not in self.offsets:
            path = path[:-1]
        return bisect_right(self.line_starts, self.offsets.get(path, 0))


def find_positions(text: str) -> Positions:
    """Returns the position of every member (at its key) and element (at its value) of a valid JSON text."""
    offsets: dict[Path, int] = {}
    stack: list[tuple[bool, str | int]] = []  # (is an object, the current key or index)
    awaiting_key = False
    for offset, mark, word in _tokens(text):
        if mark in ("]", "}"):
            stack.pop()
            awaiting_key = bool(stack) and stack[-1][0]
            continue
        if stack and not stack[-1][0]:
            stack[-1] = (False, int(stack[-1][1]) + 1)
        if awaiting_key:
            stack[-1] = (True, word)
        offsets.setdefault(tuple(step for _, step in stack), offset)
        if awaiting_key:
            awaiting_key = False
        elif mark:
            stack.append((mark == "{", "" if mark == "{" else -1))
            awaiting_key = mark == "{"
        else:
            awaiting_key = bool(stack) and stack[-1][0]
    return Positions(offsets, [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))])


def _tokens(text: str) -> Iterator[tuple[int, str, str]]:
    """Yields (offset, bracket or "", word) for the tokens of a valid JSON text, without commas and colons."""
    position = 0
    while match := _TOKEN.match(text, position):
        offset, token = match.start(1), match[1]
        position = match.end()
        if token == '"':
            word, position = scanstring(text, position, False)
            yield offset, "", word
        else:
            yield offset, token if token in "[]{}" else "", token
