"""The rule on the keys of objects whose arguments tools.json does not list."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.calls import CallsCell
from backend.data.fixers import ALLOWED, free_keys, rename_free_keys
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, path_text, show


@rule(
    "calls-bad-key",
    "calls",
    "error",
    "A key of an open object cannot be written",
    f"The phone's grammar reads keys of {ALLOWED}. An answer with any other key cannot be read, so the row could never "
    "be scored right. The fix renames the key.",
    fixer=rename_free_keys,
    safe=False,
    batch=True,
)
def bad_key(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for call in cell.sound if inputs.format.name == "native" else ():
        for path, new in free_keys(call, inputs):
            where = escape(path_text(path[:-1]))
            message = f"{escape(call.name)}: the key {show(path[-1])} in {where} cannot be written. Use {ALLOWED}."
            yield Finding(message, fix=f"Rename it to {new}.")
