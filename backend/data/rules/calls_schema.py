"""Rules that check the arguments of calls against the schemas in tools.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from backend.data.calls import DROPPED, UNFIXABLE, CallsCell, Mismatch, MismatchKind, RawCall
from backend.data.fixers import apply_sure, drop_nulls, rename_arguments
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, listing, path_text, show


def _mismatches(cell: CallsCell, inputs: Inputs, kind: MismatchKind) -> Iterator[tuple[RawCall, Mismatch, str]]:
    """Yields (call, mismatch, path of the argument as text) for each mismatch of one kind."""
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
    "The app cannot use an argument that is not in tools.json. The fix renames it to the most similar known argument. "
    "Check it first.",
    fixer=rename_arguments,
    safe=False,
)
def unknown_argument(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call, mismatch, path in _mismatches(cell, inputs, "unknown"):
        hint = f" Did you mean {escape(mismatch.rename)}?" if mismatch.rename else ""
        yield Finding(
            f"{escape(call.name)} has no argument {escape(path)}.{hint} Arguments: {mismatch.allowed}.",
            fix=f"Rename it to {escape(mismatch.rename)}." if mismatch.rename else None,
        )


@rule(
    "calls-wrong-type",
    "calls",
    "error",
    "A value has the wrong type",
    'The app reads the argument by its type in tools.json. The fix converts a value, such as "5" to 5, if nothing is '
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
    "A value is not allowed",
    "tools.json lists the allowed values of the argument. The fix corrects case, spaces, dashes and underscores.",
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
    "The prompt format writes null as None, which a phone cannot read. Leave an argument without a value out. A file "
    "from Arrow or Parquet fills in every key of every row with null, at every depth.",
    fixer=drop_nulls,
)
def null_argument(cell: CallsCell, _inputs: Inputs) -> Iterator[Finding]:
    for call in cell.calls or ():
        if call and call.nulls:
            one = len(call.nulls) == 1
            what = f"The argument {show(call.nulls[0])} is" if one else f"The arguments {listing(call.nulls)} are"
            yield Finding(
                f"{what} null and {'was' if one else 'were'} ignored.", fix=f"Remove {'it' if one else 'them'}."
            )


@rule(
    "calls-value-not-described",
    "calls",
    "warning",
    "A value is not in the list in the description",
    "The description of the argument lists its values. Most rows use only those values, and this row does not.",
)
def value_not_described(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call in cell.sound:
        for name, value in call.arguments.items():
            allowed = inputs.described_values.get((call.name, name))
            if allowed and isinstance(value, str) and value not in allowed:
                yield Finding(
                    f"{escape(call.name)}: {escape(name)} is {show(value)}; its description lists {listing(allowed)}."
                )
