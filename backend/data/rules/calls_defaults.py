"""Rules on optional arguments whose default some rows write out and others leave out."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.calls import CallsCell, default_at, default_uses, show_value
from backend.data.fixers import omit_defaults, write_defaults
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import count, escape

_WHY = (
    "Other rows do the opposite. The model cannot know when to write the default, and evaluation counts one of the two "
    "as wrong in the exact figure. Choose this fix or that of {}. Keep both if the default is written only when the "
    "message says it."
)


def _mixed(cell: CallsCell, inputs: Inputs, *, written: bool) -> Iterator[tuple[str, str, int, int]]:
    """Yields an argument, its default, and how many rows write it out and leave it out, if this cell does the one."""
    for call in cell.sound if inputs.mixed_defaults else ():
        tool = inputs.tools.get(call.name)
        for path, written_here in default_uses(call.arguments, tool.parameters) if tool else ():
            times = inputs.mixed_defaults.get((call.name, path))
            if tool and times and written_here == written:
                name = ".".join((call.name, *path)).replace(".[]", "[]")
                yield escape(name), show_value(default_at(tool.parameters, path)), *times


@rule(
    "calls-default-written",
    "calls",
    "warning",
    "A default is written out in some rows only",
    _WHY.format("calls-default-omitted"),
    fixer=omit_defaults,
    safe=False,
    batch=True,
)
def default_written(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for name, default, written, omitted in _mixed(cell, inputs, written=True):
        yield Finding(
            f"{name} is {default}, its default. {count(omitted, 'row')} leave it out, {written:,} write it.",
            fix="Leave it out.",
        )


@rule(
    "calls-default-omitted",
    "calls",
    "warning",
    "A default is left out in some rows only",
    _WHY.format("calls-default-written"),
    fixer=write_defaults,
    safe=False,
    batch=True,
)
def default_omitted(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    for name, default, written, omitted in _mixed(cell, inputs, written=False):
        yield Finding(
            f"{name} is left out; its default is {default}. {count(written, 'row')} write it, "
            f"{omitted:,} leave it out.",
            fix=f"Write {default}.",
        )
