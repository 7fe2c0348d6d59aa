"""Rules on what the calls say: tools, arguments and values, held against tools.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from backend.data.argument_checking import DROPPED, UNFIXABLE, Mismatch, MismatchKind, show_value
from backend.data.call_fixes import apply_sure, drop_nulls, rename_arguments, rename_tool
from backend.data.call_reading import CallsCell, RawCall
from backend.data.display import escape, listing, nearest, show
from backend.data.inputs import Inputs
from backend.data.json_reading import path_text, walk
from backend.data.registry import Finding, rule
from backend.data.reserved import reserved_token
from backend.prompts import ParseError
from backend.records import Call

_EXACT = 2**53


@rule(
    "calls-no-call",
    "calls",
    "error",
    "The row calls nothing",
    "Rows that teach the model not to call a tool are allowed once no-call rows are switched on (--allow-no-call).",
)
def no_call(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if cell.calls == () and not inputs.options.allow_no_call:
        yield Finding("The list of calls is empty. Add the call, or switch on no-call rows (--allow-no-call).")


@rule(
    "calls-several",
    "calls",
    "error",
    "The row calls more than one tool",
    "Rows with several calls are allowed once they are switched on (--allow-multiple-calls).",
)
def several_calls(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if len(cell.calls or ()) > 1 and not inputs.options.allow_multiple_calls:
        yield Finding(
            f"The row has {len(cell.calls or ())} calls; one is allowed. Keep one, or switch on several calls "
            "(--allow-multiple-calls)."
        )


@rule(
    "calls-repeated-call",
    "calls",
    "warning",
    "The same call stands twice",
    "Calling a tool twice with the same arguments is scored as wrong.",
)
def repeated_call(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, call in enumerate(cell.sound):
        label = json.dumps([call.name, call.arguments], sort_keys=True)
        if label in seen:
            yield Finding(f"Call {at + 1} ({escape(call.name)}) repeats an earlier one word for word.")
        seen.add(label)


@rule("calls-no-name", "calls", "error", "A call has no name", "Each call names its tool under the key name.")
def no_name(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for at, call in enumerate(cell.calls or ()):
        if call is not None and not (isinstance(call.name, str) and call.name):
            seen = "no name" if call.name is None else f"the name {show(call.name)}"
            yield Finding(f"Call {at + 1} has {seen}. Tools: {listing(inputs.tools) or 'none'}.")


@rule(
    "calls-arguments-not-an-object",
    "calls",
    "error",
    "The arguments are not an object",
    'Arguments are named: {"query": "water"}. A list or a bare word does not say which argument it is.',
)
def arguments_not_an_object(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for at, call in enumerate(cell.calls or ()):
        if call is not None and not isinstance(call.arguments, Mapping):
            yield Finding(
                f'The args of call {at + 1} are {show_value(call.arguments)}; an object such as {{"query": "…"}} is needed.'
            )


@rule(
    "calls-unknown-tool",
    "calls",
    "error",
    "The tool is not in tools.json",
    "The model is trained on the tools in tools.json alone. The fix takes the nearest name; look at it first.",
    fixer=rename_tool,
    safe=False,
)
def unknown_tool(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call in cell.calls or () if inputs.tools else ():
        if call is not None and isinstance(call.name, str) and call.name and call.name not in inputs.tools:
            likely = nearest(call.name, inputs.tools)
            hint = f" Did you mean {escape(likely)}?" if likely else ""
            fix = f"Call {escape(likely)} instead." if likely and call.sound else None
            yield Finding(f"There is no tool {show(call.name)}.{hint} Tools: {listing(inputs.tools)}.", fix=fix)


def _mismatches(cell: CallsCell, inputs: Inputs, kind: MismatchKind) -> Iterator[tuple[RawCall, Mismatch, str]]:
    """(call, mismatch, the argument's path as text) of one kind."""
    for call in cell.sound:
        for mismatch in inputs.mismatches(call):
            if mismatch.kind == kind:
                yield call, mismatch, path_text(mismatch.path)


@rule(
    "calls-missing-argument",
    "calls",
    "error",
    "A required argument is missing",
    "tools.json says that the argument is required, so the app will not run the call without it.",
)
def missing_argument(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call, mismatch, path in _mismatches(cell, inputs, "missing"):
        yield Finding(
            f"{escape(call.name)} needs the argument {escape(path)}; the call has {mismatch.seen}. "
            f"Required: {mismatch.allowed}."
        )


@rule(
    "calls-unknown-argument",
    "calls",
    "error",
    "The tool has no such argument",
    "The app cannot take an argument that tools.json does not name. The fix renames it to the one that was probably "
    "meant; look at it first.",
    fixer=rename_arguments,
    safe=False,
)
def unknown_argument(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call, mismatch, path in _mismatches(cell, inputs, "unknown"):
        hint = f" Did you mean {escape(mismatch.rename)}?" if mismatch.rename else ""
        yield Finding(
            f"{escape(call.name)} has no argument {escape(path)}.{hint} Arguments: {mismatch.allowed}.",
            fix=f"Call it {escape(mismatch.rename)}." if mismatch.rename else None,
        )


@rule(
    "calls-wrong-type",
    "calls",
    "error",
    "A value has the wrong type",
    'The app reads the argument by its type in tools.json. The fix turns "5" into 5 and the like, where nothing is '
    "lost.",
    fixer=apply_sure("type"),
)
def wrong_type(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call, mismatch, path in _mismatches(cell, inputs, "type"):
        fixable = mismatch.better is not UNFIXABLE and mismatch.better is not DROPPED
        yield Finding(
            f"{escape(call.name)}: {escape(path)} is {mismatch.seen}; {mismatch.allowed} is needed.",
            fix=f"Write {_json(mismatch.better)}." if fixable else None,
        )


@rule(
    "calls-not-in-enum",
    "calls",
    "error",
    "A value is not one of those allowed",
    "tools.json lists the values that the argument may have. The fix mends case, spaces, dashes and underscores.",
    fixer=apply_sure("enum"),
)
def not_in_enum(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call, mismatch, path in _mismatches(cell, inputs, "enum"):
        known = mismatch.better is not UNFIXABLE
        hint = f" Did you mean {_json(mismatch.better)}?" if known else ""
        yield Finding(
            f"{escape(call.name)}: {escape(path)} is {mismatch.seen}.{hint} Allowed: {mismatch.allowed}.",
            fix=f"Write {_json(mismatch.better)}." if known and mismatch.sure else None,
        )


def _json(value: Any) -> str:
    return escape(json.dumps(value, ensure_ascii=False))


@rule(
    "calls-null-argument",
    "calls",
    "warning",
    "An argument is null",
    "The prompt format writes null as None, which no phone can read; an optional argument is left out instead.",
    fixer=drop_nulls,
)
def null_argument(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for call in cell.calls or ():
        for name in call.nulls if call else ():
            yield Finding(f"The argument {show(name)} is null; it was left out.", fix="Leave it out.")


@rule(
    "calls-value-not-described",
    "calls",
    "warning",
    "A value is not among those that the description lists",
    "The argument's description lists its values, most rows keep to them, and this one does not.",
)
def value_not_described(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call in cell.sound:
        for name, value in call.arguments.items():
            allowed = inputs.described_values.get((call.name, name))
            if allowed and isinstance(value, str) and value not in allowed:
                yield Finding(
                    f"{escape(call.name)}: {escape(name)} is {show(value)}; its description lists {listing(allowed)}."
                )


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
    reason = _lost(calls, inputs)
    if reason:
        yield Finding(f"Written in the {inputs.format.name} format and read back, the call is lost: {escape(reason)}.")


def _lost(calls: tuple[Call, ...], inputs: Inputs) -> str | None:
    try:
        back = inputs.format.parse(inputs.format.completion(calls))
    except (ParseError, RecursionError) as error:
        return str(error)
    before, after = ([json.dumps(one.to_dict(), sort_keys=True) for one in some] for some in (calls, back.calls))
    return None if before == after else f"{show(', '.join(after), 120)} came back"
