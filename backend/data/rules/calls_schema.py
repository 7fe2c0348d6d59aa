"""Rules that hold the calls' arguments against the schemas in tools.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from backend.data.calls import DROPPED, UNFIXABLE, CallsCell, Mismatch, MismatchKind, RawCall
from backend.data.fixers import apply_sure, drop_nulls, rename_arguments
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, listing, path_text, show


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
