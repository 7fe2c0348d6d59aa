"""Compares evaluated runs on the rows that all of them held out, each with the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Literal

from backend.comparing.significance import holm, rows_needed
from backend.scoring import SIGNIFICANT, ComparedRows, OffTopicRow, Rate, RowResult, compare_rows, mcnemar

MOST_RUNS = 6
"""The largest number of runs that are compared at once."""
Word = Literal["worse", "not told apart"]
Rows = Sequence[RowResult]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An evaluated run: its scored held-out rows, and its answers to off-topic messages, which may be empty."""

    id: str
    name: str
    rows: Sequence[RowResult]
    off_topic: Sequence[OffTopicRow] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidate's rates on the common rows; `false_calls` is None if no off-topic message is common."""

    candidate: Candidate
    tool: Rate
    combined: Rate
    false_calls: Rate | None


@dataclass(frozen=True, slots=True)
class Pair:
    """The best run and another one on the common rows.

    `gained` are the ids of the rows that only the best answers right, `lost` those that only the other does. `p` is the
    exact two-sided p of McNemar's test, corrected by Holm for all pairs of the compared runs. `rows_needed` is about
    how many held-out rows would tell the two apart, None if they are told apart or no number would.
    `p_calls` is the p of their calls on off-topic messages, corrected alike; None if no message is common.
    """

    other: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    p: float
    rows_needed: int | None
    p_calls: float | None = None

    @property
    def word(self) -> Word:
        """Whether the other is worse than the best, or the two are not told apart."""
        return "worse" if self.p < SIGNIFICANT else "not told apart"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Runs on their `n` common held-out rows.

    `best` is the index in `standings` of the run with the most right rows; of equal ones, of that with the fewest calls
    on off-topic messages. `pairs` has the best with each other run, in their order.
    """

    n: int
    standings: tuple[Standing, ...]
    best: int
    pairs: tuple[Pair, ...]

    @property
    def tests(self) -> int:
        """The number of pairs of all runs, for which p is corrected."""
        return comb(len(self.standings), 2)

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as one JSON object, with runs by their ids and without the rows."""
        ids = [standing.candidate.id for standing in self.standings]
        runs = [
            {
                "run": standing.candidate.id,
                "name": standing.candidate.name,
                "combined": standing.combined.to_dict(),
                "tool": standing.tool.to_dict(),
                "off_topic_calls": standing.false_calls.to_dict() if standing.false_calls else None,
            }
            for standing in self.standings
        ]
        pairs = [
            {
                "run": ids[pair.other],
                "verdict": pair.word,
                "only_best_right": len(pair.gained),
                "only_this_right": len(pair.lost),
                "p": pair.p,
                "rows_needed": pair.rows_needed,
                "off_topic_p": pair.p_calls,
            }
            for pair in self.pairs
        ]
        return {"rows": self.n, "best": ids[self.best], "runs": runs, "against_best": pairs, "tests": self.tests}


def compare_runs(candidates: Sequence[Candidate]) -> SideBySide | None:
    """Returns the comparison of runs; None if there are fewer than two, or no held-out row is common."""
    if len(candidates) < 2:
        return None
    ids = set.intersection(*({row.id for row in one.rows} for one in candidates))
    if not ids:
        return None
    asked = set.intersection(*({row.answer.id for row in one.off_topic} for one in candidates))
    rows = [list({row.id: row for row in one.rows if row.id in ids}.values()) for one in candidates]
    calls = [{row.answer.id for row in one.off_topic if row.called} & asked for one in candidates]
    standings = tuple(
        Standing(
            one,
            Rate.of(sum(row.tool_right for row in own), len(ids)),
            Rate.of(sum(row.right for row in own), len(ids)),
            Rate.of(len(called), len(asked)) if asked else None,
        )
        for one, own, called in zip(candidates, rows, calls, strict=True)
    )
    best = max(range(len(standings)), key=lambda at: (standings[at].combined.k, -len(calls[at]), -at))
    return SideBySide(len(ids), standings, best, tuple(_pairs(rows, calls if asked else None, best)))


def _pairs(rows: Sequence[Rows], calls: Sequence[set[str]] | None, best: int) -> Iterator[Pair]:
    """Yields the best run with each other one."""
    places = list(combinations(range(len(rows)), 2))
    ps = _corrected(places, lambda one, other: _compared(rows[one], rows[other]).p)
    ps_calls = _corrected(places, lambda one, other: _p_of_calls(calls[one], calls[other])) if calls else {}
    for other in (at for at in range(len(rows)) if at != best):
        found, place = _compared(rows[best], rows[other]), (min(best, other), max(best, other))
        needed = None
        if ps[place] >= SIGNIFICANT:
            needed = rows_needed(len(found.gained), len(found.lost), found.n, SIGNIFICANT / len(places))
        yield Pair(other, found.gained, found.lost, ps[place], needed, ps_calls.get(place))


def _corrected(places: Sequence[Place], p_of: Callable[[int, int], float]) -> dict[Place, float]:
    """Returns the p of each pair of runs, corrected for all of them.

    The best run is found on the same rows. With all pairs counted, p holds for whichever run is the best.
    """
    return dict(zip(places, holm([p_of(one, other) for one, other in places]), strict=True))


def _compared(rows: Rows, other: Rows) -> ComparedRows:
    found = compare_rows(rows, other)
    assert found is not None  # the rows are those with common ids
    return found


def _p_of_calls(one: set[str], other: set[str]) -> float:
    return mcnemar(len(one - other), len(other - one))
