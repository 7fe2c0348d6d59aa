"""Reads text that is almost JSON, if only one repair is possible: Python literals, curly quotes, fences, commas."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Any, Literal

from backend.data.text import JsonFault, parse_json

Repair = Literal[
    "python-repr",
    "smart-quotes",
    "code-fence",
    "trailing-comma",
    "bare-keys",
    "native-syntax",
    "tool-call-tags",
    "functioncall",
    "function-tags",
    "python-call",
    "json-lines",
    "other-text",
]
"""What made a cell readable; each has a rule in backend/data/rules/calls_form.py."""

_SMART = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "‘": "'", "’": "'", "‚": "'"})
_DOUBLE_SMART = frozenset("“”„‟″")
_FENCE, _LANGUAGE = "```", re.compile("[a-zA-Z]*+")
STRING = r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|\'(?:[^\'\\]|\\.?)*+(?:\'|\Z)'
"""A string in single or double quotes, with or without its end, as the one below."""
_STRING_OR_WORD = re.compile(rf"{STRING}|\b(?:true|false|null|undefined)\b", re.DOTALL)
_PYTHON_WORDS = {"true": "True", "false": "False", "null": "None", "undefined": "None"}
_STRING_OR_KEY = re.compile(rf"{STRING}|([{{,]\s*+)([A-Za-z_$][\w$]*+)(?=\s*+:)", re.DOTALL)
_STRING = r'"(?:[^"\\]|\\.?)*+(?:"|\Z)'
"""A JSON string, with or without its end; the search continues after it, so that the time is linear."""
_STRING_OR_COMMA = re.compile(rf"({_STRING})|,(?=\s*+[\]}}])", re.DOTALL)
_STRING_OR_SMART = re.compile(rf"{_STRING}|[“”„‟″]", re.DOTALL)
MAX_REPAIRED = 20_000
"""Longer texts, in characters, are not repaired."""
MAX_REPAIRED_DEPTH = 40


@dataclass(frozen=True, slots=True)
class CellValue:
    """The JSON value of a cell; `repair` is the repair that was necessary, `fault` the reason if there is no value."""

    value: Any = None
    repair: Repair | None = None
    fault: JsonFault | None = None


def read_almost_json(text: str) -> CellValue | None:
    """Returns the value of a text that is JSON after one repair; None if no repair, or no single one, makes it JSON."""
    if any(mark in _DOUBLE_SMART for mark in text):
        found = tried(_straighten(text), "smart-quotes") or tried(text.translate(_SMART), "smart-quotes")
        if found:
            return found
    without_commas = _STRING_OR_COMMA.sub(lambda match: match[1] or "", text)
    if without_commas != text:
        found = tried(without_commas, "trailing-comma")
        if found:
            return found
    found = _from_python(text) or _from_python(text.translate(_SMART), "smart-quotes")
    quoted = with_quoted_keys(text)
    if found is None and quoted != text:
        found = tried(quoted, "bare-keys") or _from_python(quoted, "bare-keys")
    return found


def unfenced(text: str) -> str | None:
    """Returns the content of a Markdown code block without its language, or None if the text is not a code block."""
    bare = text.strip()
    if len(bare) < 2 * len(_FENCE) or not (bare.startswith(_FENCE) and bare.endswith(_FENCE)):
        return None
    inside = bare[len(_FENCE) : -len(_FENCE)]
    return _LANGUAGE.sub("", inside, count=1).strip()


def _straighten(text: str) -> str:
    """Returns the text with straight double quotes for curly ones, except inside a string with straight quotes."""
    return _STRING_OR_SMART.sub(lambda match: '"' if len(match[0]) == 1 else match[0], text)


def tried(text: str, repair: Repair) -> CellValue | None:
    """Returns the value of a JSON text with the repair that led to it, or None if it is not JSON."""
    try:
        return CellValue(parse_json(text), repair)
    except JsonFault:
        return None


def _from_python(text: str, repair: Repair = "python-repr") -> CellValue | None:
    """Returns the value of a Python literal that has only types of JSON."""
    found = python_literal(text.strip()) or python_literal(with_python_words(text.strip()))
    if found is None or not isinstance(found[0], list | dict) or not _is_json(found[0]):
        return None
    return CellValue(found[0], repair)


def with_python_words(text: str) -> str:
    """Returns the text with Python's words for true, false and null outside of strings."""
    return _STRING_OR_WORD.sub(lambda match: _PYTHON_WORDS.get(match[0], match[0]), text)


def with_quoted_keys(text: str) -> str:
    """Returns the text with quotes around the bare keys of objects, as JavaScript allows them."""
    return _STRING_OR_KEY.sub(lambda match: f'{match[1]}"{match[2]}"' if match[2] else match[0], text)


def python_literal(text: str) -> tuple[Any] | None:
    """Returns the value of a Python literal in a tuple, or None if it is none or has too many brackets."""
    if text.count("[") + text.count("{") + text.count("(") > MAX_REPAIRED_DEPTH:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns about escapes such as '\d'
            return (ast.literal_eval(text),)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    return value is None or isinstance(value, str | int | float | bool)
