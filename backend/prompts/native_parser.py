"""The strict parser: what LiteRT-LM's function-call grammar accepts on a phone, and nothing more.

The grammar, from LiteRT-LM's AntlrFcLexer.g4 and AntlrFcParser.g4, as runtime 0.18 behaves: `call : ID { pairs }` with
white space allowed between tokens, strings between `<escape>` marks, and numbers without leading zeros that carry a
fraction or an exponent but not both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.prompts import tokens
from backend.prompts.base import Parsed, ParseError
from backend.records import Call

MAX_DEPTH = 32
"""Levels of nesting after which an answer is refused rather than followed."""

MAX_DIGITS = 308
"""Digits after which a number is refused: no number type on a phone can store it."""

_INTEGER = r"(?:0|[1-9][0-9]*)"
_FRACTION = r"\.[0-9]+"
_EXPONENT = r"[eE][+-]?[0-9]+"
_TOKEN = re.compile(
    rf"""(?P<string>{tokens.ESCAPE}.*?{tokens.ESCAPE})
    |(?P<number>-?(?:{_INTEGER}(?:{_FRACTION}|{_EXPONENT})?|{_FRACTION}|{_EXPONENT}))(?![A-Za-z0-9_.-])
    |(?P<word>[A-Za-z_][A-Za-z0-9_.-]*)
    |(?P<mark>[{{}}\[\],:])
    |(?P<space>[ \t\n\r]+)""",
    re.VERBOSE | re.DOTALL,
)
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_NOT_NAMES = frozenset({*_LITERALS, "call"})
_ENDINGS = (*tokens.STOP_TOKENS, tokens.PAD)
_BLOCK = re.compile(rf"{tokens.START_CALL}(.*?){tokens.END_CALL}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def is_name(text: str) -> bool:
    """Whether the grammar reads `text` as the name of a tool or an argument."""
    match = _TOKEN.fullmatch(text)
    return match is not None and match.lastgroup == "word" and text not in _NOT_NAMES


def strip_stop_tokens(text: str) -> str:
    """The answer without the stop and padding tokens at its end."""
    text = text.rstrip()
    while text.endswith(_ENDINGS):
        text = text[: text.rindex("<")].rstrip()
    return text


def check_silence(text: str) -> None:
    """Raises ParseError if an answer without calls and words is padding, which a damaged model writes, not silence."""
    if tokens.PAD in text:
        raise ParseError("the answer is only padding", text.index(tokens.PAD))


def parse_answer(text: str) -> Parsed:
    """Split an answer into its calls and the text around them; stop tokens at its end are dropped.

    An answer with nothing in it has no calls and no text. Raises ParseError for a broken call, for control tokens
    outside a call, and for an answer of padding only.
    """
    body = strip_stop_tokens(text)
    calls = tuple(_parse_call(match.group(1), match.start(1)) for match in _BLOCK.finditer(body))
    rest = _BLOCK.sub(lambda match: " " * len(match.group()), body)
    stray = tokens.RESERVED.search(rest)
    if stray is not None:
        raise ParseError(f"{stray.group()} is outside a complete call", stray.start())
    around = " ".join(rest.split()) if calls else rest.strip()
    if not calls and not around:
        check_silence(text)
    return Parsed(calls, around)


def _parse_call(text: str, offset: int) -> Call:
    reader = _Reader(list(_tokens(text, offset)), offset + len(text))
    reader.expect("call")
    reader.expect(":")
    name = reader.name("a tool's name")
    arguments = reader.object(0)
    reader.end()
    return Call(name, arguments)


def _tokens(text: str, offset: int) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ParseError(f"unexpected {text[position : position + 12]!r}", offset + position)
        if match.lastgroup != "space":
            yield _Token(str(match.lastgroup), match.group(), offset + position)
        position = match.end()


def _number(token: _Token) -> int | float:
    if len(token.text) > MAX_DIGITS:
        raise ParseError(f"a number of {len(token.text)} digits", token.position)
    if not set(token.text) & set(".eE"):
        return int(token.text)
    # the grammar lets a bare exponent through; the runtime's number conversion does not
    if token.text.lstrip("-")[0] in "eE" or not math.isfinite(value := float(token.text)):
        raise ParseError(f"{token.text!r} is no number", token.position)
    return value


class _Reader:
    """Reads one call from its tokens."""

    def __init__(self, stream: list[_Token], end: int) -> None:
        self._stream = stream
        self._at = 0
        self._end = _Token("end", "the end of the call", end)

    def end(self) -> None:
        if self._peek() is not self._end:
            raise self._unexpected("nothing after the closing brace")

    def expect(self, text: str) -> None:
        if self._peek().text != text:
            raise self._unexpected(repr(text))
        self._at += 1

    def name(self, what: str) -> str:
        token = self._peek()
        if token.kind != "word" or token.text in _NOT_NAMES:
            raise self._unexpected(what)
        self._at += 1
        return token.text

    def object(self, depth: int) -> dict[str, Any]:
        """The pairs between braces; of a repeated key the first counts, as in LiteRT-LM."""
        self.expect("{")
        pairs: dict[str, Any] = {}
        while self._more("}", first=not pairs):
            key = self.name("an argument's name")
            self.expect(":")
            value = self._value(depth + 1)
            pairs.setdefault(key, value)
        return pairs

    def _array(self, depth: int) -> list[Any]:
        self.expect("[")
        items: list[Any] = []
        while self._more("]", first=not items):
            items.append(self._value(depth + 1))
        return items

    def _more(self, closing: str, first: bool) -> bool:
        if self._peek().text == closing:
            self._at += 1
            return False
        if not first:
            self.expect(",")
        return True

    def _value(self, depth: int) -> Any:
        token = self._peek()
        if depth > MAX_DEPTH:
            raise ParseError(f"more than {MAX_DEPTH} levels of nesting", token.position)
        if token.text == "{":
            return self.object(depth)
        if token.text == "[":
            return self._array(depth)
        if token.kind == "string":
            self._at += 1
            return token.text[len(tokens.ESCAPE) : -len(tokens.ESCAPE)]
        if token.kind == "number":
            self._at += 1
            return _number(token)
        if token.text in _LITERALS:
            self._at += 1
            return _LITERALS[token.text]
        raise self._unexpected("a value")

    def _peek(self) -> _Token:
        return self._stream[self._at] if self._at < len(self._stream) else self._end

    def _unexpected(self, wanted: str) -> ParseError:
        token = self._peek()
        return ParseError(f"{wanted} was expected, {token.text!r} came", token.position)
