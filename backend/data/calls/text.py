"""Repairs text in a tool_calls cell that is almost JSON, if only one repair is possible."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Any, Literal

from backend.data.text import JsonFault, parse_json
from backend.prompts import START_CALL, ParseError, parse_answer

Repair = Literal["python-repr", "smart-quotes", "code-fence", "trailing-comma", "native-syntax"]

_SMART = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "‘": "'", "’": "'", "‚": "'"})
_DOUBLE_SMART = frozenset("“”„‟″")
_FENCE, _LANGUAGE = "```", re.compile("[a-zA-Z]*+")
_STRING = r'"(?:[^"\\]|\\.?)*+(?:"|\Z)'
"""A JSON string, with or without its end; the search continues after it, so that the time is linear."""
_STRING_OR_COMMA = re.compile(rf"({_STRING})|,(?=\s*+[\]}}])", re.DOTALL)
_STRING_OR_SMART = re.compile(rf"{_STRING}|[“”„‟″]", re.DOTALL)
_MAX_REPAIRED = 20_000
_MAX_REPAIRED_DEPTH = 40


@dataclass(frozen=True, slots=True)
class CellValue:
    """The JSON value of a cell; `repair` is the repair that was necessary, `fault` the reason if there is no value."""

    value: Any = None
    repair: Repair | None = None
    fault: JsonFault | None = None


def read_cell_value(text: str) -> CellValue:
    """Returns the value of a tool_calls cell, by strict JSON or after one unambiguous repair."""
    try:
        return CellValue(parse_json(text))
    except JsonFault as fault:
        repaired = _repair(text) if len(text) <= _MAX_REPAIRED else None
        return repaired or CellValue(fault=fault)


def _repair(text: str) -> CellValue | None:
    if START_CALL in text:
        return _from_native(text)
    fenced = _unfenced(text)
    if fenced is not None:
        return _tried(fenced, "code-fence")
    if any(mark in _DOUBLE_SMART for mark in text):
        found = _tried(_straighten(text), "smart-quotes") or _tried(text.translate(_SMART), "smart-quotes")
        if found:
            return found
    without_commas = _STRING_OR_COMMA.sub(lambda match: match[1] or "", text)
    if without_commas != text:
        found = _tried(without_commas, "trailing-comma")
        if found:
            return found
    return _from_python(text) or _from_python(text.translate(_SMART), "smart-quotes")


def _unfenced(text: str) -> str | None:
    """Returns the content of a Markdown code block without its language, or None if the text is not a code block."""
    bare = text.strip()
    if len(bare) < 2 * len(_FENCE) or not (bare.startswith(_FENCE) and bare.endswith(_FENCE)):
        return None
    inside = bare[len(_FENCE) : -len(_FENCE)]
    return _LANGUAGE.sub("", inside, count=1).strip()


def _from_native(text: str) -> CellValue | None:
    """Returns the calls in an answer in the model's own syntax."""
    try:
        answer = parse_answer(text)
    except ParseError:
        return None
    calls = [{"name": call.name, "args": dict(call.arguments)} for call in answer.calls]
    return CellValue(calls, "native-syntax") if calls and not answer.text else None


def _straighten(text: str) -> str:
    """Returns the text with straight double quotes for curly ones, except inside a string with straight quotes."""
    return _STRING_OR_SMART.sub(lambda match: '"' if len(match[0]) == 1 else match[0], text)


def _tried(text: str, repair: Repair) -> CellValue | None:
    try:
        return CellValue(parse_json(text), repair)
    except JsonFault:
        return None


def _from_python(text: str, repair: Repair = "python-repr") -> CellValue | None:
    """Returns the value of a Python literal that has only types of JSON."""
    if text.count("[") + text.count("{") + text.count("(") > _MAX_REPAIRED_DEPTH:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns about escapes such as '\d'
            value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return CellValue(value, repair) if isinstance(value, list | dict) and _is_json(value) else None


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    return value is None or isinstance(value, str | int | float | bool)
