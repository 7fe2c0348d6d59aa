"""Reads text that is JSON except for its spelling: comments, trailing commas, other quotes, one value a line."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from backend.data.text import JsonFault, parse_json

COMMENTS, TRAILING_COMMA, QUOTES, BARE_KEYS = "comments", "a trailing comma", "single quotes", "keys without quotes"
WORDS, FENCE, LINES = "Python's words", "a Markdown code fence", "one value after another"
"""The departures from JSON that can be read, as words for a message."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>//[^\n\r]*|\#[^\n\r]*|/\*)
    |(?P<fence>```[A-Za-z0-9]*)
    |(?P<double>"(?:[^"\\]|\\.)*+")
    |(?P<single>'(?:[^'\\]|\\.)*+')
    |(?P<mark>[\[\]{},:])
    |(?P<word>[A-Za-z0-9_$.+-]+)""",
    re.VERBOSE | re.DOTALL,
)
_PYTHON = {"True": "true", "False": "false", "None": "null"}
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_IN_SINGLE = re.compile(r"""\\'|"|\\.|[\n\r\t]""", re.DOTALL)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_ODD_SPACE = re.compile(r"[^ \t\n\r]")


@dataclass(frozen=True, slots=True)
class RelaxedJson:
    """The value of a relaxed text; `text` is the same as JSON, with every value on its line in the original."""

    value: Any
    text: str
    departures: tuple[str, ...]


def read_relaxed(text: str) -> RelaxedJson:
    """Returns the value of a text that departs from JSON in its spelling only.

    Raises JsonFault, with the place in `text`, if it has other errors.
    """
    writer = _Writer()
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _fault("Unexpected character", text, position)
        end = match.end()
        if match[0] == "/*":
            end = text.find("*/", end) + 2
            if end == 1:
                raise _fault("Unterminated comment", text, position)
        writer.add(str(match.lastgroup), text[position:end], position)
        position = end
    written = writer.finished()
    try:
        value = parse_json(written)
    except JsonFault as fault:
        raise _fault(fault.reason, text, writer.offset_before(fault.offset)) from fault
    return RelaxedJson(value, written, tuple(dict.fromkeys(writer.departures)))


def _fault(reason: str, text: str, offset: int) -> JsonFault:
    breaks = [match.end() for match in _LINE_BREAK.finditer(text, 0, offset)]
    return JsonFault(reason, len(breaks) + 1, offset - (breaks[-1] if breaks else 0) + 1, offset)


@dataclass
class _Writer:
    """Writes the tokens of a relaxed text as JSON; line breaks stay where they are."""

    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    departures: list[str] = field(default_factory=list)
    depth: int = 0
    values: int = 0
    comma: int | None = None
    bare: int | None = None

    def add(self, kind: str, token: str, offset: int) -> None:
        """Adds a token that begins at `offset` in the original."""
        if kind == "space":
            self._write(_ODD_SPACE.sub(" ", token), offset)
        elif kind in ("comment", "fence"):
            self.departures.append(COMMENTS if kind == "comment" else FENCE)
            self._write("".join(_LINE_BREAK.findall(token)), offset)
        elif kind == "mark" and token in ",:]}":
            self._close_or_separate(token, offset)
        else:
            self._begin_value()
            self._value(kind, token, offset)

    def _begin_value(self) -> None:
        """Writes the comma before a value that follows another one outside of brackets."""
        self.bare = None
        if self.depth == 0:
            self.values += 1
            if self.values > 1 and self.comma is None:
                self._write(",", self.starts[-1])
        self.comma = None

    def _value(self, kind: str, token: str, offset: int) -> None:
        if kind == "mark":
            self.depth += 1
        elif kind == "single":
            self.departures.append(QUOTES)
            token = '"' + _IN_SINGLE.sub(_in_double, token[1:-1]) + '"'
        elif kind == "word" and token in _PYTHON:
            self.departures.append(WORDS)
            token = _PYTHON[token]
        elif kind == "word" and _IDENTIFIER.fullmatch(token):
            self.bare = len(self.pieces)
        self._write(token, offset)

    def _close_or_separate(self, token: str, offset: int) -> None:
        if token == ",":
            self.comma = len(self.pieces)
        elif token == ":":
            if self.bare is not None:
                self.departures.append(BARE_KEYS)
                self.pieces[self.bare] = json.dumps(self.pieces[self.bare])
        else:
            self._drop_comma()
            self.depth = max(0, self.depth - 1)
        self.bare = None
        self._write(token, offset)

    def _drop_comma(self) -> None:
        if self.comma is not None:
            self.departures.append(TRAILING_COMMA)
            self.pieces[self.comma] = ""
        self.comma = None

    def _write(self, text: str, offset: int) -> None:
        self.pieces.append(text)
        self.starts.append(offset)

    def finished(self) -> str:
        """Returns the JSON text; several values outside of brackets become one list."""
        if self.depth == 0:
            self._drop_comma()
        if self.values > 1:
            self.departures.append(LINES)
            self.pieces = ["[", *self.pieces, "]"]
            self.starts = [0, *self.starts, self.starts[-1]]
        return "".join(self.pieces)

    def offset_before(self, offset: int) -> int:
        """Returns the place in the original of the piece that holds `offset` of the JSON text."""
        ends, total = [], 0
        for piece in self.pieces:
            total += len(piece)
            ends.append(total)
        at = min(bisect_right(ends, offset), len(self.starts) - 1)
        return self.starts[at] if self.starts else 0


def _in_double(match: re.Match[str]) -> str:
    """Returns a part of a single-quoted text as it is written between double quotes."""
    found = match[0]
    return {"\\'": "'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found, found)
