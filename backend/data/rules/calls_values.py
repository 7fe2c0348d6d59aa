"""Rules on the values in the calls, and on whether a call can be rendered and parsed without a change."""

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
    """Yields (path, text) for each string in the arguments, including the keys."""
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
    "A value contains a control token",
    "The tokenizer reads it as a control token, which ends the call too early.",
)
def reserved_in_value(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        token = reserved_token(text)
        if token:
            yield Finding(f"{escape(path)} contains the control token {token}. Remove it from the value.")


@rule(
    "calls-broken-character",
    "calls",
    "error",
    "A value contains half a character",
    "A lone surrogate (\\ud800 to \\udfff) is half of a character. It cannot be written as UTF-8.",
)
def lone_surrogate(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        if any("\ud800" <= character <= "\udfff" for character in text):
            yield Finding(
                f"{escape(path)} is {show(text)}, which contains half a character. Write the whole character."
            )


@rule(
    "calls-control-character",
    "calls",
    "error",
    "A value contains a control character",
    "NUL and other control characters come from broken exports. The app on the phone would receive them.",
)
def control_in_value(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        if any(
            (ord(character) < 32 and character not in "\n\r\t") or "\x7f" <= character <= "\x9f" for character in text
        ):
            yield Finding(f"{escape(path)} is {show(text)}, which contains a control character. Remove it.")


@rule(
    "calls-empty-string",
    "calls",
    "warning",
    "A value is an empty string",
    "An optional argument without a value is left out. A required argument needs a value.",
)
def empty_string(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, text in _texts(cell):
        if not text.strip():
            yield Finding(f"The value of {escape(path)} is empty. Remove the argument, or give it a value.")


@rule(
    "calls-number-form",
    "calls",
    "warning",
    "A number cannot be written in the native format",
    "The phone's grammar has no fraction with an exponent (1.5e-05), and readers are exact for whole numbers only up "
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
    "The call changes in the prompt format",
    "The check renders the call as the model must write it and parses it with the phone's strict grammar. If the "
    "result differs, the model would learn a call that never reaches the app.",
)
def round_trip(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if cell.calls is None or len(cell.sound) != len(cell.calls) or not cell.calls:
        return
    calls = tuple(Call(call.name, call.arguments) for call in cell.sound)
    if not all(is_name(name) for name in _names(cell)):
        return  # a rule on tools.json reports a name that the grammar cannot read
    reason = _lost(calls, inputs)
    if reason:
        yield Finding(f"The call is lost when the {inputs.format.name} format is parsed: {escape(reason)}.")


def _names(cell: CallsCell) -> Iterator[str]:
    """Yields the names of the tools and of all arguments, including nested ones."""
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
    return None if before == after else f"the result is {show(', '.join(after), 120)}"
