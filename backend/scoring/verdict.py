"""The verdict whether a rate meets a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from backend.document import Field
from backend.scoring.intervals import Rate, wilson

State = Literal["met", "not met", "undecided"]
STATES: tuple[State, ...] = get_args(State)
MAX_ROWS = 1_000_000
"""Largest number of rows that is still useful to recommend."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`more_rows` is the number of further test rows that would decide at the same rate; None if there is none."""

    state: State
    target: float
    more_rows: int | None = None

    @classmethod
    def from_field(cls, field: Field) -> Verdict:
        """Returns the verdict in a field of a document. Raises InputError if a field is damaged."""
        state = cast(State, field["state"].word(STATES))
        return cls(state, field["target"].share(), field.optional("more_rows", Field.count))

    def to_dict(self) -> dict[str, Any]:
        """Returns the verdict as one JSON object."""
        return {"state": self.state, "target": self.target, "more_rows": self.more_rows}


def verdict(rate: Rate, target: float) -> Verdict:
    """Returns met if the lower bound of the interval is at least `target` (0..1), not met if the upper one is below."""
    if rate.low is None or rate.high is None:
        return Verdict("undecided", target)
    if rate.low >= target:
        return Verdict("met", target)
    if rate.high < target:
        return Verdict("not met", target)
    return Verdict("undecided", target, _more_rows(rate.k, rate.n, target))


def _more_rows(k: int, n: int, target: float) -> int | None:
    share = k / n
    if share == target or not _decided(share, MAX_ROWS, target):
        return None
    undecided, decided = n, MAX_ROWS
    while decided - undecided > 1:
        middle = (undecided + decided) // 2
        if _decided(share, middle, target):
            decided = middle
        else:
            undecided = middle
    return decided - n


def _decided(share: float, rows: int, target: float) -> bool:
    low, high = wilson(share * rows, rows)
    return low >= target or high < target
