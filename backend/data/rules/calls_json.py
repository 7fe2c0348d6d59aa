"""Rules on the JSON of the tool_calls cell, and on the form in which the calls are written."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.calls import CallsCell
from backend.data.rows import Finding, Inputs, rule
from backend.data.rules.calls_form import FORM, canonical
from backend.data.text import not_finite, path_text, repeated_keys, show

_SHAPE_FIX = "Write it in the standard form."


@rule(
    "calls-empty-cell",
    "calls",
    "error",
    "The tool_calls cell is empty",
    f"Every row needs the calls that answer it, in the form {FORM}. With no-call rows switched on, an empty cell is "
    "read as [].",
)
def empty_cell(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if cell.empty and not inputs.options.allow_no_call:
        yield Finding(f"The cell is empty. Write the calls that answer the message: {FORM}.")


@rule(
    "calls-not-json",
    "calls",
    "error",
    "The calls are not JSON",
    f"The cell must hold a JSON list in the form {FORM}.",
)
def not_json(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    if cell.fault:
        at = f" at character {cell.fault.offset + 1}" if cell.fault.offset else ""
        near = show(cell.text[max(0, cell.fault.offset - 20) : cell.fault.offset + 20])
        yield Finding(f"The cell is not JSON: {cell.fault.reason}{at}, near {near}. It must look like {FORM}.")


@rule(
    "calls-not-a-list",
    "calls",
    "error",
    "The cell holds no list of calls",
    f"A number, a single word or null is not a list of calls. The form is {FORM}.",
)
def not_a_list(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    read = cell.fault is None and not cell.empty and cell.calls is None
    if read and not (cell.value is None and inputs.options.allow_no_call):
        yield Finding(f"The cell holds {show(cell.text)}, which is not a list of calls. It must look like {FORM}.")


@rule(
    "calls-item-not-an-object",
    "calls",
    "error",
    "A call is not an object",
    'Each call is an object with "name" and "args".',
)
def item_not_an_object(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for at, call in enumerate(cell.calls or ()):
        if call is None:
            yield Finding(f'Call {at + 1} is not an object. It must look like {{"name": "tool", "args": {{}}}}.')


@rule(
    "calls-not-finite",
    "calls",
    "error",
    "A value is NaN or Infinity",
    "Python writes NaN and Infinity, but JSON has no such numbers and a phone cannot read them.",
)
def not_a_number(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, value in not_finite(cell.value):
        seen = "NaN" if value != value else "a number too large for JSON, or Infinity"
        yield Finding(f"{path_text(path) or 'The cell'} is {seen}. Write a finite number, or remove the argument.")


@rule(
    "calls-repeated-key",
    "calls",
    "warning",
    "A key occurs twice in an object",
    "Most JSON readers use the last value, and LiteRT-LM uses the first, so it is unclear which one is meant.",
)
def repeated_key(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for path, key in repeated_keys(cell.value):
        yield Finding(f"The key {show(key)} occurs more than once ({path_text(path)}); the last one counts.")


_SHAPES = {
    "bare-object": ("The call is not in a list", "The calls of a row are a list, even if there is only one."),
    "json-in-string": ("The JSON is inside a string", "The cell was encoded as JSON twice."),
    "argument-key": (
        "The arguments' key is not args",
        "arguments, parameters, input, params, kwargs, tool_args and similar keys are read as args.",
    ),
    "arguments-in-string": (
        "The arguments are a JSON string",
        "OpenAI's API returns arguments as a string. The model needs the object inside that string.",
    ),
    "arguments-as-pairs": (
        "The arguments are a list of pairs",
        'Maps of Arrow and some APIs write [{"key": "place", "value": "Oslo"}] instead of an object.',
    ),
    "wrapped-call": (
        "The call has the form of another API",
        "Forms such as function: {name, …} and tool_name are read as name and args.",
    ),
    "name-as-key": (
        "The tool's name is a key",
        'A call such as {"get_weather": {"place": "Oslo"}} has no key for the name.',
    ),
}


def _shape_rule(shape: str, title: str, explanation: str) -> None:
    """Registers the rule on one form that can be read but is not the standard form."""

    @rule(f"calls-{shape}", "calls", "warning", title, f"{explanation} It is read as {FORM}.", fixer=canonical)
    def unusual_shape(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
        if shape in cell.shapes:
            fixable = canonical(cell, inputs) != cell.text
            yield Finding(f"{title}: {show(cell.text)}. It was still read.", fix=_SHAPE_FIX if fixable else None)


for _shape, (_title, _explanation) in _SHAPES.items():
    _shape_rule(_shape, _title, _explanation)


@rule(
    "calls-extra-key",
    "calls",
    "warning",
    "A call has a key that is ignored",
    "Training uses only the name and the arguments.",
)
def extra_key(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for at, call in enumerate(cell.calls or ()):
        for key in call.extra if call else ():
            yield Finding(f'Call {at + 1} has a key {show(key)}, which is ignored. Put the arguments under "args".')
