"""Decides whether an app accepts a call, by the check that the Kotlin file of the Android kit makes."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from backend.data.calls import Mismatch, MismatchKind, check_arguments, schema_below
from backend.data.text import show
from backend.document import Field
from backend.records import Call, Tool
from backend.scoring.call_matching import drop_nulls

RefusalKind = Literal[
    "unreadable", "unknown tool", "missing argument", "unknown argument", "wrong type", "value not allowed"
]

_KINDS: Mapping[MismatchKind, RefusalKind] = {
    "missing": "missing argument",
    "unknown": "unknown argument",
    "type": "wrong type",
    "enum": "value not allowed",
}
_NULL = "null"
_LIMITS = {"integer": 2.0**63, "number": math.inf}
"""What Kotlin's Long and Double hold is smaller; compared as 64-bit floats, as JSON numbers arrive on a phone."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an app does not carry a call out: the class of the fault, and one sentence."""

    kind: RefusalKind
    reason: str

    @classmethod
    def from_field(cls, field: Field) -> Refusal:
        """Returns the refusal in a field of a document. Raises InputError if a field is damaged."""
        kind = field["kind"].word(get_args(RefusalKind))
        return cls(cast(RefusalKind, kind), field["reason"].text())

    def to_dict(self) -> dict[str, Any]:
        """Returns the refusal as one JSON object."""
        return {"kind": self.kind, "reason": self.reason}


def refusal(call: Call, tools: Mapping[str, Tool]) -> Refusal | None:
    """Returns why the call is refused; None if an app accepts it. `tools` are the declared tools by name.

    A call is refused if `check_arguments` finds a mismatch, if a required argument is null, or if a number does not
    fit into 64 bits. The first mismatch gives the reason.
    """
    tool = tools.get(call.name)
    if tool is None:
        return Refusal("unknown tool", f"There is no tool named {show(call.name)}.")
    first = next(_mismatches(call, tool), None)
    return Refusal(_KINDS[first.kind], _sentence(first)) if first else None


def suggestion(call: Call, tools: Mapping[str, Tool]) -> Call | None:
    """Returns the call with each string outside its enum replaced by the one allowed value that is near it.

    None if the call is accepted, if it has a fault of another kind, or if a string has no near value or several. A
    near value has the same first character, the same digits and at most one edit, letter case ignored: no edit if it
    has fewer than three characters, two if it has at least eight. A swap of two neighbouring characters is one edit.
    A suggestion is shown, never carried out.
    """
    tool = tools.get(call.name)
    found = list(_mismatches(call, tool)) if tool else []
    if tool is None or not found or any(mismatch.kind != "enum" for mismatch in found):
        return None
    arguments = copy.deepcopy(dict(call.arguments))
    for mismatch in found:
        parent: Any = arguments
        schema: Any = tool.parameters
        for step in mismatch.path[:-1]:
            parent, schema = parent[step], schema_below(schema, step)
        last = mismatch.path[-1]
        near = _near(parent[last], schema_below(schema, last)["enum"])
        if near is None:
            return None
        parent[last] = near
    return Call(call.name, arguments)


def _mismatches(call: Call, tool: Tool) -> Iterator[Mismatch]:
    yield from check_arguments(tool, call.arguments)
    for mismatch in check_arguments(tool, drop_nulls(call.arguments)):
        if mismatch.kind == "missing":
            yield replace(mismatch, seen=_NULL)
    for name, value in call.arguments.items():
        yield from _too_large(value, tool.properties.get(name), (name,))


def _too_large(value: Any, schema: Any, path: tuple[str | int, ...]) -> Iterator[Mismatch]:
    """Yields the numbers that Kotlin's types do not hold."""
    if not isinstance(schema, Mapping):
        return
    limit = _LIMITS.get(str(schema.get("type")))
    if limit is not None and isinstance(value, int | float) and not abs(_double(value)) < limit:
        yield Mismatch("type", path, str(value)[:60], "a number of at most 64 bits")
    steps = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield from _too_large(item, schema_below(schema, step), (*path, step))


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _near(value: Any, allowed: list[Any]) -> str | None:
    """Returns the one allowed string that is near the value; None if there is none or more than one."""
    if not isinstance(value, str):
        return None
    words = dict.fromkeys(word for word in allowed if isinstance(word, str))
    near = [word for word in words if _is_misspelled(value.lower(), word)]
    return near[0] if len(near) == 1 else None


def _is_misspelled(value: str, word: str) -> bool:
    """Whether the value, in lower case, is the allowed word misspelled; another number is never a misspelling."""
    other = word.lower()
    if value[:1] != other[:1] or _digits(value) != _digits(other):
        return False
    return _distance(value, other) <= (0 if len(word) < 3 else 1 if len(word) < 8 else 2)


def _digits(text: str) -> list[str]:
    return [character for character in text if character.isdecimal()]


def _distance(one: str, other: str) -> int:
    """Returns the edits in code points; a swap of two neighbours is one edit (optimal string alignment)."""
    previous: list[int] = []
    row = list(range(len(other) + 1))
    for at, character in enumerate(one):
        before, previous, row = previous, row, [at + 1]
        for place, against in enumerate(other):
            least = min(row[place] + 1, previous[place + 1] + 1, previous[place] + (character != against))
            if at and place and character == other[place - 1] and one[at - 1] == against:
                least = min(least, before[place - 1] + 1)
            row.append(least)
    return row[-1]


def _sentence(mismatch: Mismatch) -> str:
    """Returns the mismatch as one sentence, its place as a path such as `stops[1].name`."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in mismatch.path).removeprefix(".")
    return {
        "missing": f"The argument {show(place)} {'must not be null' if mismatch.seen == _NULL else 'is missing'}.",
        "unknown": f"There is no argument {show(place)}; allowed: {mismatch.allowed}.",
        "type": f"The argument {show(place)} is {mismatch.seen}; needed: {mismatch.allowed}.",
        "enum": f"The argument {show(place)} is {mismatch.seen}; allowed: {mismatch.allowed}.",
    }[mismatch.kind]
