"""Reads calls that are written as in Python or JavaScript: `[f(a=1, b="x"), g({"c": 2})]`."""

from __future__ import annotations

import json
import re
from typing import Any

from backend.data.calls.almost_json import (
    STRING,
    CellValue,
    python_literal,
    tried,
    with_python_words,
    with_quoted_keys,
)

_CONSTRUCTORS = frozenset(
    {
        "ChatCompletionMessageToolCall",
        "ChatCompletionMessageFunctionToolCall",
        "ChoiceDeltaToolCall",
        "ToolCall",
        "ToolUseBlock",
        "FunctionCall",
        "Function",
    }
)
"""Names of the classes of clients, whose text form has the name and the arguments of a call."""
_WORD = r"[^\s\[\](){}\"'=,;<>]++"
_CALL_NAME = re.compile(rf"\s*+({_WORD}(?:[ \t]++{_WORD}){{0,7}})[ \t]*+\(\s*+")
_ONE_WORD = re.compile(rf"\s*+{_WORD}\(")
_KEY = re.compile(rf"({_WORD})\s*+=\s*+")
_PLAIN_VALUE = re.compile(rf"{STRING}|[^\s,()\[\]{{}}\"'=]++", re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{STRING}|[()\[\]{{}}]", re.DOTALL)
_SEPARATOR = re.compile(r"\s*+[,;]?\s*+")
_MOST_NESTED = 4


def read_python_calls(text: str) -> CellValue | None:
    """Returns calls with arguments by name, or with one object of arguments, and the values of Python or JSON."""
    inside = text.strip()
    listed = inside.startswith("[") and inside.endswith("]")
    inside = inside[1:-1].strip() if listed else inside
    if not listed and not _ONE_WORD.match(inside):
        return None
    calls: list[dict[str, Any]] = []
    position = 0
    while position < len(inside):
        name = _CALL_NAME.match(inside, position)
        found = _arguments(inside, name.end(), 0) if name else None
        if name is None or found is None:
            return None
        calls.append(found[0] if name[1] in _CONSTRUCTORS else {"name": name[1], "args": found[0]})
        separator = _SEPARATOR.match(inside, found[1])
        position = separator.end() if separator else found[1]
    return CellValue(calls, "python-call") if calls else None


def _arguments(text: str, position: int, depth: int) -> tuple[dict[str, Any], int] | None:
    """Returns the arguments that begin at a position, and the position after their closing bracket."""
    if text.startswith("{", position):
        return _only_object(text, position)
    arguments: dict[str, Any] = {}
    while not text.startswith(")", position):
        key = _KEY.match(text, position)
        found = _value_at(text, key.end(), depth) if key else None
        if key is None or found is None or key[1] in arguments:
            return None
        arguments[key[1]], end = found
        separator = _SEPARATOR.match(text, end)
        position = separator.end() if separator else end
        if ";" in text[end:position] or (position == end and not text.startswith(")", position)):
            return None
    return arguments, position + 1


def _only_object(text: str, position: int) -> tuple[dict[str, Any], int] | None:
    """Returns the object that is the only argument of a call, and the position after the closing bracket."""
    end = _end_of_value(text, position)
    value = _literal(text[position:end]) if end else None
    closing = re.compile(r"\s*+\)").match(text, end) if end else None
    return (value[0], closing.end()) if closing and value and isinstance(value[0], dict) else None


def _value_at(text: str, position: int, depth: int) -> tuple[Any, int] | None:
    """Returns the value that begins at a position, and the position after it."""
    constructor = _CALL_NAME.match(text, position)
    if constructor and constructor[1] in _CONSTRUCTORS and depth < _MOST_NESTED:
        return _arguments(text, constructor.end(), depth + 1)
    end = _end_of_value(text, position)
    value = _literal(text[position:end]) if end else None
    return (value[0], end) if value and end else None


def _end_of_value(text: str, position: int) -> int | None:
    if text[position : position + 1] not in ("[", "{", "("):
        plain = _PLAIN_VALUE.match(text, position)
        return plain.end() if plain else None
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text, position):
        depth += (token[0] in "([{") - (token[0] in ")]}")
        if not depth:
            return token.end()
    return None


def _literal(text: str) -> tuple[Any] | None:
    """Returns the value of a literal of JSON, Python or JavaScript in a tuple, or None if it is none of them."""
    found = tried(text, "python-call") or tried(with_quoted_keys(text), "python-call")
    if found:
        return (found.value,)
    literal = python_literal(with_python_words(with_quoted_keys(text)))
    try:
        return (json.loads(json.dumps(literal[0])),) if literal else None
    except (ValueError, TypeError):
        return None
