"""Writes the calls of a foreign record as a tool_calls cell, and tells a label's text from a plain answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from backend.data.calls import canonical_text, read_calls
from backend.data.text import JsonFault, parse_json

NO_CALL = "[]"
_MARKS = re.compile(
    r"<tool_calls?>|<function_?calls?>|<start_function_call>|<function=|\[TOOL_CALLS\]|<\|python_tag\|>", re.I
)
_PYTHON_CALL = re.compile(r"\[?\s*[A-Za-z_][\w.]*\(.*\)\s*\]?", re.DOTALL)
_MOST_PARSED = 100_000
_ARGUMENTS = ("arguments", "args", "parameters")


def calls_cell(calls: Any) -> str:
    """Returns the tool_calls cell of a list of calls, a single call, or their text.

    Calls in a known form are written in the standard one. Anything else is handed on as it stands, for the rules to
    report.
    """
    if calls is None or calls == [] or calls == {} or calls == "":
        return NO_CALL
    if isinstance(calls, str):
        return _text_cell(calls)
    items = calls if isinstance(calls, list) else [calls]
    plain = [_plain_call(item) for item in items]
    if all(call is not None for call in plain):
        return canonical_text([call for call in plain if call is not None])
    return json.dumps(calls, ensure_ascii=False)


def _text_cell(text: str) -> str:
    try:
        value = parse_json(text) if len(text) <= _MOST_PARSED else None
    except JsonFault:
        return text
    return calls_cell(value) if isinstance(value, list | dict) else text


def _plain_call(item: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Returns the name and the arguments of a call in OpenAI's form or a plain one; None for any other form."""
    inner = item.get("function") if isinstance(item, Mapping) else None
    call = inner if isinstance(inner, Mapping) else item
    if not isinstance(call, Mapping) or not isinstance(call.get("name"), str) or not call["name"]:
        return None
    keys = [key for key in _ARGUMENTS if key in call]
    if len(keys) != 1:
        return (call["name"], {}) if not keys and set(call) <= {"name", "id", "type", "index"} else None
    arguments = call[keys[0]]
    if isinstance(arguments, str):
        try:
            arguments = parse_json(arguments) if arguments.strip() else {}
        except JsonFault:
            return None
    if arguments is None:
        arguments = {}
    return (call["name"], arguments) if type(arguments) is dict else None


def is_label(text: str) -> bool:
    """Whether an answer's text holds calls, in whatever dialect, and not a sentence for the user."""
    bare = text.strip()
    if _MARKS.search(bare) or (_PYTHON_CALL.fullmatch(bare) and bare.endswith((")", ")]"))):
        return True
    if not bare.startswith(("[", "{", "```")):
        return False
    cell = read_calls(bare)
    return cell.calls == () or bool(cell.sound)


def answer_cells(text: str) -> tuple[str, str]:
    """Returns the tool_calls cell and the answer cell of an answer that is a text."""
    bare = text.strip()
    if not bare:
        return NO_CALL, ""
    return (_text_cell(bare), "") if is_label(bare) else (NO_CALL, bare)
