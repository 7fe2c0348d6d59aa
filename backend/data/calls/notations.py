"""Readers of calls in other notations than JSON: each reads a whole text, or returns None."""

from __future__ import annotations

import json
import re
from typing import Any

from backend.data.calls.almost_json import MAX_REPAIRED_DEPTH, CellValue, python_literal, read_almost_json, tried
from backend.data.text import JsonFault, parse_json
from backend.prompts import ParseError, parse_answer

NAME_KEYS = ("name", "tool_name", "function_name", "toolName", "functionName", "tool", "recipient_name", "action")
WRAPPERS = ("function", "function_call", "functionCall", "tool_call", "toolCall")
"""Keys of an object that holds one call."""

_TAG = r"(?:tool|function)_?calls?"
OPENING = re.compile(rf"<\|?{_TAG}(?:_start|_begin)?\|?>|<\|python_tag\|>|\[TOOL_CALLS\]|<tool_code>", re.IGNORECASE)
CLOSING = re.compile(rf"</{_TAG}>|<\|/?{_TAG}(?:_end)\|>|<\|/{_TAG}\|>|</tool_code>", re.IGNORECASE)
_MARK = re.compile(rf"(?P<closing>{CLOSING.pattern})|(?P<opening>{OPENING.pattern})", re.IGNORECASE)

_FUNCTION = re.compile(r'\s*+<(?:function=|invoke\s++name=)"?([^">\s]++)"?\s*+>'), re.compile("</(?:function|invoke)>")
_PARAMETER = re.compile(r'\s*+<parameter(?:=|\s++name=)"?([^">\s]++)"?\s*+>'), re.compile("</parameter>")

_QUOTED_ARGUMENTS = re.compile(r"""["'](?:arguments|parameters|args)["']\s*+:\s*+'(?=\s*+\{)""")

_STRING = r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|\'(?:[^\'\\]|\\.?)*+(?:\'|\Z)'
"""A string, with or without its end, as in backend/data/calls/almost_json.py."""
_WORD = r"[^\s\[\](){}\"'=,;<>]++"
_CALL_NAME = re.compile(rf"\s*+({_WORD}(?:[ \t]++{_WORD}){{0,7}})[ \t]*+\(\s*+")
_ONE_WORD = re.compile(rf"\s*+{_WORD}\(")
_KEY = re.compile(rf"({_WORD})\s*+=\s*+")
_PLAIN_VALUE = re.compile(rf"{_STRING}|[^\s,()\[\]{{}}\"'=]++", re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING}|[()\[\]{{}}]", re.DOTALL)
_STRING_OR_WORD = re.compile(rf"{_STRING}|\b(?:true|false|null)\b", re.DOTALL)
_WORDS = {"true": "True", "false": "False", "null": "None"}
_SEPARATOR = re.compile(r"\s*+[,;]?\s*+")
_BETWEEN_VALUES = re.compile(r"[\s,;]*+")
_DECODER = json.JSONDecoder(strict=False)


def read_native(text: str) -> CellValue | None:
    """Returns the calls in an answer in the model's own syntax."""
    try:
        answer = parse_answer(text)
    except ParseError:
        return None
    calls = [{"name": call.name, "args": dict(call.arguments)} for call in answer.calls]
    return CellValue(calls, "native-syntax") if calls and not answer.text else None


def tagged_parts(text: str) -> list[str] | None:
    """Returns the texts between tags of a chat template; None if there is no such tag, or a text outside of them."""
    parts: list[str] = []
    inside, position = False, 0
    for mark in _MARK.finditer(text):
        part = text[position : mark.start()].strip()
        if part and not inside:
            return None
        parts += [part] if part else []
        inside, position = mark["opening"] is not None, mark.end()
    rest = text[position:].strip()
    if not position or (rest and not inside):
        return None
    return [*parts, rest] if rest else parts


def read_functioncall(text: str) -> CellValue | None:
    """Returns a call whose arguments are JSON between single quotes, as in Glaive's sets."""
    opening = _QUOTED_ARGUMENTS.search(text)
    end = text.rfind("'")
    if opening is None or end < opening.end():
        return None
    inside = text[opening.end() : end]
    for arguments in (inside, inside.replace("\\'", "'")):
        try:
            parse_json(arguments)
        except JsonFault:
            continue
        whole = text[: opening.end() - 1] + json.dumps(arguments) + text[end + 1 :]
        found = tried(whole, "functioncall") or read_almost_json(whole)
        return CellValue(found.value, "functioncall") if found else None
    return None


def read_function_tags(text: str) -> CellValue | None:
    """Returns the calls of `<function=NAME>` blocks, whose parameters are JSON or blocks of their own."""
    blocks = _blocks(text, *_FUNCTION)
    calls = [{"name": name, "args": _parameters(body)} for name, body in blocks or ()]
    return CellValue(calls, "function-tags") if calls and all(call["args"] is not None for call in calls) else None


def _blocks(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> list[tuple[str, str]] | None:
    """Returns the name and the content of each block; None if there is a text outside of them."""
    blocks: list[tuple[str, str]] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        start = opening.match(text, position)
        stop = closing.search(text, start.end()) if start else None
        if start is None or stop is None:
            return None
        blocks.append((start[1], text[start.end() : stop.start()]))
        position = stop.end()
    return blocks


def _parameters(body: str) -> dict[str, Any] | None:
    blocks = _blocks(body, *_PARAMETER)
    if blocks is not None:
        return {name: _parameter(text) for name, text in blocks}
    found = tried(body, "function-tags")
    return found.value if found and isinstance(found.value, dict) else None


def _parameter(text: str) -> Any:
    """Returns the value of a parameter: a list or an object if it is one, else the text."""
    text = text.removeprefix("\n").removesuffix("\n")
    found = tried(text, "function-tags") if text.lstrip()[:1] in ("[", "{") else None
    return found.value if found else text


def read_python_calls(text: str) -> CellValue | None:
    """Returns calls such as `[f(a=1, b="x"), g()]`, with arguments by name and the values of Python or JSON."""
    inside = text.strip()
    listed = inside.startswith("[") and inside.endswith("]")
    inside = inside[1:-1].strip() if listed else inside
    if not listed and not _ONE_WORD.match(inside):
        return None
    calls: list[dict[str, Any]] = []
    position = 0
    while position < len(inside):
        name = _CALL_NAME.match(inside, position)
        found = _arguments(inside, name.end()) if name else None
        if name is None or found is None:
            return None
        calls.append({"name": name[1], "args": found[0]})
        separator = _SEPARATOR.match(inside, found[1])
        position = separator.end() if separator else found[1]
    return CellValue(calls, "python-call") if calls else None


def _arguments(text: str, position: int) -> tuple[dict[str, Any], int] | None:
    """Returns the arguments that begin at a position, and the position after their closing bracket."""
    arguments: dict[str, Any] = {}
    while not text.startswith(")", position):
        key = _KEY.match(text, position)
        end = _end_of_value(text, key.end()) if key else None
        if key is None or end is None or key[1] in arguments:
            return None
        value = _value(text[key.end() : end])
        if value is None:
            return None
        arguments[key[1]] = value[0]
        separator = _SEPARATOR.match(text, end)
        position = separator.end() if separator else end
        if ";" in text[end:position] or (position == end and not text.startswith(")", position)):
            return None
    return arguments, position + 1


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


def _value(text: str) -> tuple[Any] | None:
    """Returns the value of a literal of JSON or Python in a tuple, or None if it is neither."""
    found = tried(text, "python-call")
    if found:
        return (found.value,)
    literal = python_literal(_STRING_OR_WORD.sub(lambda match: _WORDS.get(match[0], match[0]), text))
    try:
        return (json.loads(json.dumps(literal[0])),) if literal else None
    except (ValueError, TypeError):
        return None


def read_json_lines(text: str) -> CellValue | None:
    """Returns two or more JSON values that follow one another, each a call or a list of calls, as one list."""
    calls: list[Any] = []
    position, values = 0, 0
    text = text.strip()
    while position < len(text):
        try:
            _, end = _DECODER.raw_decode(text, position)
            value = parse_json(text[position:end])
        except (ValueError, RecursionError):
            return _python_lines(text)
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) for item in items):
            return None
        calls += items
        values += 1
        gap = _BETWEEN_VALUES.match(text, end)
        position = gap.end() if gap else end
    return CellValue(calls, "json-lines") if values > 1 else None


def _python_lines(text: str) -> CellValue | None:
    """Returns the values of lines that are Python literals or JSON with a fault."""
    lines = [line for line in text.splitlines() if line.strip()]
    calls: list[Any] = []
    for line in lines if 1 < len(lines) <= MAX_REPAIRED_DEPTH else ():
        found = tried(line, "json-lines") or read_almost_json(line)
        if found is None or not isinstance(found.value, list | dict):
            return None
        calls += found.value if isinstance(found.value, list) else [found.value]
    return CellValue(calls, "json-lines") if calls else None
