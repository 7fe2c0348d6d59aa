"""Rules on the calls of a row: how many there are, and which tools they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from backend.data.calls import CallsCell, show_value
from backend.data.fixers import rename_tool
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, listing, nearest, show


@rule(
    "calls-no-call",
    "calls",
    "error",
    "The row calls nothing",
    "Rows that teach the model not to call a tool are allowed only if they are switched on (--allow-no-call).",
)
def no_call(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if cell.calls == () and not inputs.options.allow_no_call:
        yield Finding("The list of calls is empty. Add the call, or switch on no-call rows (--allow-no-call).")


@rule(
    "calls-several",
    "calls",
    "error",
    "The row calls more than one tool",
    "Rows with several calls are allowed only if they are switched on (--allow-multiple-calls).",
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
    "The same call occurs twice",
    "Calling a tool twice with the same arguments is scored as wrong.",
)
def repeated_call(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, call in enumerate(cell.sound):
        label = json.dumps([call.name, call.arguments], sort_keys=True)
        if label in seen:
            yield Finding(f"Call {at + 1} ({escape(call.name)}) is the same as an earlier call.")
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
    'Arguments have names: {"query": "water"}. A list or a single word does not say which argument is meant.',
)
def arguments_not_an_object(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for at, call in enumerate(cell.calls or ()):
        if call is not None and not isinstance(call.arguments, Mapping):
            yield Finding(
                f"The args of call {at + 1} are {show_value(call.arguments)}; an object is needed, such as "
                '{"query": "…"}.'
            )


@rule(
    "calls-unknown-tool",
    "calls",
    "error",
    "The tool is not in tools.json",
    "The model is trained only on the tools in tools.json. The fix uses the most similar name. Check it first.",
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
