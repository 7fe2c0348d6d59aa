"""Rules on the values in the calls, and on whether a call can be rendered and parsed without a change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from backend.data.calls import CallsCell, show_value
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, path_text, show, walk
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
