"""Readers of calls in other notations than JSON: each reads a whole text, or returns None."""

from __future__ import annotations

import json
import re
from typing import Any

from backend.data.calls.almost_json import MAX_REPAIRED_DEPTH, CellValue, read_almost_json, tried
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

_BETWEEN_VALUES = re.compile(r"[\s,;]*+")
_ACTION = re.compile(r"\s*+Action:[ \t]*+([^\s:]++)[ \t]*+\r?\n\s*+Action Input:")
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


def read_action(text: str) -> CellValue | None:
    """Returns the call of a ReAct answer: `Action: NAME` and `Action Input: {…}`."""
    action = _ACTION.match(text)
    found = tried(text[action.end() :], "other-text") or read_almost_json(text[action.end() :]) if action else None
    if action is None or found is None or not isinstance(found.value, dict):
        return None
    return CellValue([{"name": action[1], "args": found.value}], "other-text")


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
