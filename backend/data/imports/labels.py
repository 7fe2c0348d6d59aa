"""Writes the calls of a foreign record as a tool_calls cell, and tells a label's text from a plain answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from backend.data.calls import canonical_text, read_calls
from backend.data.text import JsonFault, parse_json

NO_CALL = "[]"
_MARKS = re.compile(
    r"<tool_calls?>|<function_?calls?>|<start_function_call>|<function=|\[TOOL_CALLS\]|<\|python_tag\|>", re.I
)
_PYTHON_CALL = re.compile(r"\[?\s*[A-Za-z_][\w.]*\(.*\)\s*\]?", re.DOTALL)
_MOST_PARSED = 100_000
_NAMES = ("name", "tool_name", "function_name")
_ARGUMENTS = ("arguments", "args", "parameters", "tool_arguments", "tool_args", "params", "kwargs", "input")
_THINKING = re.compile(r"\A<(think|thinking|reasoning)>.*?</\1>", re.DOTALL)
_ABOUT = {*_NAMES, "id", "type", "index"}
_FENCE = re.compile(r"```\w*[ \t]*\n(.*?)\n?```", re.DOTALL)


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
    if len(items) == 1 and isinstance(items[0], str):
        return _text_cell(items[0])
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
    if not isinstance(call, Mapping):
        return None
    if "service" in call and "target_device" in call:  # Home Assistant's service calls, as in acon96/home-llm
        return str(call["service"]), {key: value for key, value in call.items() if key != "service"}
    names = [call[key] for key in _NAMES if key in call]
    if len(names) != 1 or not isinstance(names[0], str) or not names[0]:
        return None
    keys = [key for key in _ARGUMENTS if key in call]
    if len(keys) != 1:
        return (names[0], {}) if not keys and set(call) <= _ABOUT else None
    arguments = call[keys[0]]
    if isinstance(arguments, str):
        try:
            arguments = _parsed(arguments) if arguments.strip() else {}
        except JsonFault:
            return None
    if arguments is None:
        arguments = {}
    return (names[0], arguments) if type(arguments) is dict else None


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    """Returns the value of a text of JSON, which callers do not change. Raises JsonFault."""
    return parse_json(text)


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
    """Returns the tool_calls cell and the answer cell of an answer that is a text.

    Of an answer with a code block of calls, the block counts, because a text beside calls is not taught. Neither are
    the thoughts before an answer.
    """
    bare = _THINKING.sub("", text.strip()).strip()
    if not bare:
        return NO_CALL, ""
    if is_label(bare):
        return _text_cell(bare), ""
    blocks = [block.strip() for block in _FENCE.findall(bare) if _is_call_block(block.strip())]
    return (_block_cell(blocks), "") if blocks else (NO_CALL, bare)


def _is_call_block(block: str) -> bool:
    return is_label(block) or all(_service_call(line) is not None for line in block.splitlines())


def _block_cell(blocks: list[str]) -> str:
    """Returns the cell of code blocks with calls, of which each line can be one."""
    lines = [line for block in blocks for line in block.splitlines()]
    calls = [_service_call(line) for line in lines]
    if all(call is not None for call in calls):
        return canonical_text([call for call in calls if call is not None])
    return _text_cell(blocks[0]) if len(blocks) == 1 else "\n".join(blocks)


def _service_call(line: str) -> tuple[str, Mapping[str, Any]] | None:
    """Returns the call in a line of JSON; None if the line is none."""
    try:
        return _plain_call(parse_json(line))
    except JsonFault:
        return None


def calls_in(cell: str) -> int:
    """Returns the number of calls in a tool_calls cell, as the rules read it."""
    return 0 if cell == NO_CALL else len(read_calls(cell).sound)
