"""Rules on the values in the calls, and the last gate: does a call survive the prompt format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from backend.data.calls import CallsCell, show_value
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, path_text, reserved_token, show, walk
from backend.prompts import ParseError, is_name
from backend.records import Call

_EXACT = 2**53


def _texts(cell: CallsCell) -> Iterator[tuple[str, str]]:
    """(path, text) of each string in the arguments, keys among them."""
    for call in cell.sound:
        for path, value in walk(call.arguments):
            if isinstance(value, str):
                yield path_text(path), value
            for key in value if isinstance(value, Mapping) else ():
                yield path_text((*path, key)), key


@rule(
    "calls-reserved-token",
    "calls",
    "error",
    "A control token stands in a value",
    "The tokenizer reads it as a control token, which ends the call in the middle.",
)
def reserved_in_value(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        token = reserved_token(text)
        if token:
            yield Finding(f"{escape(path)} holds the control token {token}. Take it out of the value.")


@rule(
    "calls-broken-character",
    "calls",
    "error",
    "A value holds half a character",
    "A lone surrogate (\\ud800 to \\udfff) is half of a character that was cut; it cannot be written as UTF-8.",
)
def lone_surrogate(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        if any("\ud800" <= character <= "\udfff" for character in text):
            yield Finding(f"{escape(path)} is {show(text)}, which holds half a character. Write the whole one.")


@rule(
    "calls-control-character",
    "calls",
    "error",
    "A value holds a control character",
    "NUL and its like come from broken exports; the phone's app would receive them.",
)
def control_in_value(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        if any(
            (ord(character) < 32 and character not in "\n\r\t") or "\x7f" <= character <= "\x9f" for character in text
        ):
            yield Finding(f"{escape(path)} is {show(text)}, which holds a control character. Take it out.")


@rule(
    "calls-empty-string",
    "calls",
    "warning",
    "A value is an empty string",
    "An optional argument without a value is left out; a required one should say something.",
)
def empty_string(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        if not text.strip():
            yield Finding(f"The value of {escape(path)} is empty.")


@rule(
    "calls-number-form",
    "calls",
    "warning",
    "A number that the native format cannot carry",
    "The phone's grammar knows no fraction with an exponent (1.5e-05), and readers keep whole numbers exactly only up "
    "to 2^53.",
)
def number_form(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for call in cell.sound:
        for path, value in walk(call.arguments):
            if isinstance(value, bool) or not isinstance(value, int | float) or value in (float("inf"), float("-inf")):
                continue
            text = repr(value) if isinstance(value, float) else ""
            if abs(value) > _EXACT or ("." in text and "e" in text):
                yield Finding(
                    f"{escape(path_text(path))} is {show_value(value)}. Round it, or make the argument a string."
                )


@rule(
    "calls-round-trip",
    "calls",
    "error",
    "The call does not survive the prompt format",
    "The last gate: the call is rendered as the model must write it and read back by the phone's strict grammar. What "
    "does not come back unchanged would be trained on, and never reach the app.",
)
def round_trip(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if cell.calls is None or len(cell.sound) != len(cell.calls) or not cell.calls:
        return
    calls = tuple(Call(call.name, call.arguments) for call in cell.sound)
    if not all(is_name(name) for name in _names(cell)):
        return  # a name that the grammar cannot read is the fault of tools.json, and reported there
    reason = _lost(calls, inputs)
    if reason:
        yield Finding(f"Written in the {inputs.format.name} format and read back, the call is lost: {escape(reason)}.")


def _names(cell: CallsCell) -> Iterator[str]:
    """The names of the tools and of every argument, nested ones among them."""
    for call in cell.sound:
        yield call.name
        for _, value in walk(call.arguments):
            yield from value if isinstance(value, Mapping) else ()


def _lost(calls: tuple[Call, ...], inputs: Inputs) -> str | None:
    try:
        back = inputs.format.parse(inputs.format.completion(calls))
    except (ParseError, RecursionError) as error:
        return str(error)
    before, after = ([json.dumps(one.to_dict(), sort_keys=True) for one in some] for some in (calls, back.calls))
    return None if before == after else f"{show(', '.join(after), 120)} came back"
