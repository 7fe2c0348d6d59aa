"""Reads the text of a tool_calls cell: strict JSON, else the first notation that reads all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from backend.data.calls.almost_json import MAX_REPAIRED, CellValue, read_almost_json, tried, unfenced
from backend.data.calls.notations import (
    CLOSING,
    NAME_KEYS,
    OPENING,
    WRAPPERS,
    read_action,
    read_function_tags,
    read_functioncall,
    read_json_lines,
    read_native,
    tagged_parts,
)
from backend.data.calls.python_calls import read_python_calls
from backend.data.text import JsonFault, parse_json
from backend.prompts import START_CALL

_MOST_STARTS = 8
_MOST_PARTS = 64
_END_TOKENS = ("<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "</s>", "<eos>", "<end_of_turn>")
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning|reflection|analysis|scratch_?pad)>", re.IGNORECASE)
_START = re.compile(
    rf"{OPENING.pattern}|{re.escape(START_CALL)}|<(?:function=|invoke\s)|^Action:|```|[\[{{]",
    re.IGNORECASE | re.MULTILINE,
)


def read_cell_value(text: str) -> CellValue:
    """Returns the value of a tool_calls cell, by strict JSON or in the one notation that reads it."""
    try:
        return CellValue(parse_json(text))
    except JsonFault as fault:
        repaired = _repaired(text) if len(text) <= MAX_REPAIRED else None
        return repaired or CellValue(fault=fault)


def _repaired(text: str) -> CellValue | None:
    ended = _without_end_tokens(text)
    return _in_notation(text) or (_in_notation(ended) if ended != text else None) or _inside_text(ended)


def _without_end_tokens(text: str) -> str:
    ended = text.rstrip()
    while ended.endswith(_END_TOKENS):
        ended = ended[: ended.rindex("<")].rstrip()
    return ended


def _in_notation(text: str) -> CellValue | None:
    """Returns the value of a text that is as a whole in one notation."""
    if START_CALL in text:
        return read_native(text)
    return _tagged(text) or _plain(text)


def _plain(text: str) -> CellValue | None:
    """Returns the value of a text without tags of a chat template."""
    fenced = unfenced(text)
    if fenced is not None:
        inner = tried(fenced, "code-fence") or _plain(fenced)
        return CellValue(inner.value, "code-fence") if inner else None
    return (
        read_functioncall(text)  # before Python literals, which read the escapes between single quotes otherwise
        or read_almost_json(text)
        or read_function_tags(text)
        or read_action(text)
        or read_python_calls(text)
        or read_json_lines(text)
    )


def _tagged(text: str) -> CellValue | None:
    """Returns the calls between tags such as `<tool_call>`, if there is nothing else in the text."""
    parts = tagged_parts(text)
    if not parts or len(parts) > _MOST_PARTS:
        return None
    calls: list[Any] = []
    for part in parts:
        found = tried(part, "tool-call-tags") or _plain(part)
        if found is None or not isinstance(found.value, list | dict):
            return None
        calls += found.value if isinstance(found.value, list) else [found.value]
    return CellValue(calls, "functioncall" if "functioncall" in text[:400].lower() else "tool-call-tags")


def _inside_text(text: str) -> CellValue | None:
    """Returns the calls in a text that also has thoughts or prose, if there is one reading of them."""
    thoughts = list(_THOUGHT_END.finditer(text))
    rest = text[thoughts[-1].end() :] if thoughts else text
    for candidate in _candidates(rest):
        if len(candidate) == len(text):
            continue
        found = tried(candidate, "other-text") or _in_notation(candidate)
        if found and _are_calls(found.value):
            return CellValue(found.value, "other-text")
    return None


def _candidates(text: str) -> Iterator[str]:
    """Yields the parts of a text that may be calls: from a start to the end, or to the last bracket or tag."""
    yield text
    for number, start in enumerate(_START.finditer(text)):
        rest = text[start.start() :]
        yield rest
        end = _end_of_calls(rest)
        if 0 < end < len(rest.rstrip()):
            yield rest[:end]
        if start[0] in "[{" or number == _MOST_STARTS:
            return  # a bracket before the calls is no prose


def _end_of_calls(text: str) -> int:
    """Returns the position after the last closing bracket or tag of a text."""
    closing = max((match.end() for match in CLOSING.finditer(text)), default=0)
    return max(text.rfind("]") + 1, text.rfind("}") + 1, closing)


def _are_calls(value: Any) -> bool:
    """Whether a value is a list of objects with the name of a tool, or one such object."""
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(
        isinstance(item, Mapping) and any(item.get(key) for key in (*NAME_KEYS, *WRAPPERS, "tool_calls"))
        for item in items
    )
