"""The expected and the answered calls, with their differences marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from backend.records import Call
from backend.scoring import NO_CALL, RowResult, drop_nulls, same_value
from ui.html.markup import code, value_text

Calls = Sequence[Call]
Pair = tuple[Call | None, Call | None]


def marked(expected: Calls, answered: Calls) -> tuple[Markup, Markup]:
    """Both sides, one call per line."""
    pairs = _paired(expected, answered)
    left = [_call(call, twin) for call, twin in pairs if call is not None]
    right = [_call(call, twin) for twin, call in pairs if call is not None]
    return _lines(left, bool(answered)), _lines(right, bool(expected))


def answered(row: RowResult) -> Markup:
    """The answer of a scored row, marked; an answer that cannot be read is shown as it is."""
    return code(row.raw or "nothing") if row.predicted is None else marked(row.expected, row.predicted)[1]


def _paired(expected: Calls, answered: Calls) -> list[Pair]:
    """Each expected call with an equal one, else one of the same tool, else None; then the remaining answered calls."""
    left = list(answered)
    twins: dict[int, Call] = {}
    for alike in (_same, _same_tool):
        for at, call in enumerate(expected):
            found = None if at in twins else next((other for other in left if alike(call, other)), None)
            if found is not None:
                left.remove(found)
                twins[at] = found
    return [*((call, twins.get(at)) for at, call in enumerate(expected)), *((None, call) for call in left)]


def _same(one: Call, other: Call) -> bool:
    mine, theirs = drop_nulls(one.arguments), drop_nulls(other.arguments)
    return (
        _same_tool(one, other) and mine.keys() == theirs.keys() and not any(_differs(mine, theirs, key) for key in mine)
    )


def _same_tool(one: Call, other: Call) -> bool:
    return one.name == other.name


def _differs(mine: Mapping[str, Any], theirs: Mapping[str, Any], key: str) -> bool:
    return key not in theirs or not same_value(mine[key], theirs[key], None)


def _call(call: Call, twin: Call | None) -> Markup:
    arguments = call.arguments
    name = Markup("<b>{}</b>").format(call.name)
    if twin is None:
        return _line(
            Markup("<mark>{}</mark>").format(name), [_argument(key, value) for key, value in arguments.items()]
        )
    theirs = drop_nulls(twin.arguments)
    shown = [
        _argument(key, value, key not in theirs, _differs(arguments, theirs, key))
        if value is not None
        else _argument(key, value)
        for key, value in arguments.items()
    ]
    return _line(name, shown)


def _argument(key: str, value: object, alone: bool = False, differs: bool = False) -> Markup:
    """An argument: marked as a whole if only this side has it, or only its value if the values differ."""
    if alone:
        return Markup("<mark>{}</mark>").format(_argument(key, value))
    shown = value_text(value) or '""'
    return Markup("{}: {}").format(key, Markup("<mark>{}</mark>").format(shown) if differs else shown)


def _line(name: Markup, arguments: Sequence[Markup]) -> Markup:
    return Markup('<span class="call-line">{}<wbr>({})</span>').format(name, Markup(", ").join(arguments))


def _lines(calls: Sequence[Markup], differs: bool) -> Markup:
    if calls:
        return Markup("<br>").join(calls)
    inside = Markup("<mark>{}</mark>").format(NO_CALL) if differs else NO_CALL
    return Markup('<span class="note">{}</span>').format(inside)
