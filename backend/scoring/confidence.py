"""How sure a model is: what a threshold on the probability of an answer gives, and whether the probability is right.

An app can leave out answers whose probability is below a threshold, for example by asking the user instead. On the
held-out rows, a higher threshold answers fewer of them, and more of those rightly: selective classification (Geifman
and El-Yaniv 2017, arXiv:1705.08500). Off-topic messages are no sample of what users say beside the held-out rows, so
the two are not mixed: a cutoff has the calls on off-topic messages that remain as a rate of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from backend.document import Field
from backend.scoring.intervals import Rate
from backend.scoring.report import RowResult

GOALS = (0.95, 0.99)
"""The shares of right rows for which a threshold is sought."""
FEWEST = 20
"""The fewest answered rows of a threshold: with fewer, one wrong row is more than 5 %."""
MOST_POINTS = 200
"""The most points of the curve in a file."""
BINS, BIN_ROWS = 10, 10
"""The most bins of the calibration, and the fewest rows in each."""


@dataclass(frozen=True, slots=True)
class Cutoff:
    """What remains if answers with a probability below `threshold` are left out.

    `right` is the rate of right rows among the answered held-out rows. `calls` is the rate of off-topic messages that
    are still answered with a call; None if none were asked.
    """

    threshold: float
    right: Rate
    calls: Rate | None

    @classmethod
    def from_field(cls, field: Field) -> Cutoff:
        """Returns the cutoff in a field of a document. Raises InputError if a field is damaged."""
        right, calls = Rate.from_field(field["right"]), field.optional("calls", Rate.from_field)
        return cls(field["threshold"].share(), right, calls)

    def to_dict(self) -> dict[str, Any]:
        """Returns the cutoff as one JSON object."""
        calls = self.calls.to_dict() if self.calls else None
        return {"threshold": self.threshold, "right": self.right.to_dict(), "calls": calls}


@dataclass(frozen=True, slots=True)
class Goal:
    """The cutoff that answers most rows with a share of at least `share` right; None if no threshold reaches it."""

    share: float
    cutoff: Cutoff | None

    @classmethod
    def from_field(cls, field: Field) -> Goal:
        """Returns the goal in a field of a document. Raises InputError if a field is damaged."""
        return cls(field["share"].share(), field.optional("cutoff", Cutoff.from_field))

    def to_dict(self) -> dict[str, Any]:
        """Returns the goal as one JSON object."""
        return {"share": self.share, "cutoff": self.cutoff.to_dict() if self.cutoff else None}


@dataclass(frozen=True, slots=True)
class Bin:
    """Held-out rows with similar probabilities: the lowest, the highest and their mean, and how many are right."""

    low: float
    high: float
    mean: float
    right: Rate

    @classmethod
    def from_field(cls, field: Field) -> Bin:
        """Returns the bin in a field of a document. Raises InputError if a field is damaged."""
        low, high, mean = (field[name].share() for name in ("low", "high", "mean"))
        return cls(low, high, mean, Rate.from_field(field["right"]))

    def to_dict(self) -> dict[str, Any]:
        """Returns the bin as one JSON object."""
        return {"low": self.low, "high": self.high, "mean": self.mean, "right": self.right.to_dict()}


@dataclass(frozen=True, slots=True)
class Confidence:
    """The accuracy by threshold and the calibration of `rows` held-out rows.

    `curve` starts with the highest threshold. `calibration_error` is the expected calibration error, from 0 to 1: the
    mean over the rows of the difference between their bin's mean probability and its share of right rows.
    """

    rows: int
    goals: tuple[Goal, ...]
    curve: tuple[Cutoff, ...]
    bins: tuple[Bin, ...]
    calibration_error: float

    def goal(self, share: float) -> Cutoff | None:
        """Returns the cutoff for a goal, None if no threshold reaches it."""
        return next((goal.cutoff for goal in self.goals if goal.share == share), None)

    def skipped(self, cutoff: Cutoff) -> int:
        """Returns the number of held-out rows that a cutoff leaves out."""
        return self.rows - cutoff.right.n

    @classmethod
    def of(cls, held_out: Sequence[RowResult], off_topic: Sequence[RowResult] = ()) -> Confidence | None:
        """Returns the confidence on these rows; None if there is no held-out row, or a row has no probability.

        The thresholds are chosen on the rows on which their rates are measured. On other messages, the share of right
        rows is therefore rather lower than `right` says; the lower end of its interval is the careful figure.
        """
        pairs = sorted(((row.probability, row.right) for row in held_out if row.probability is not None), reverse=True)
        calls = [(row.probability, bool(row.predicted)) for row in off_topic if row.probability is not None]
        if not pairs or len(pairs) < len(held_out) or len(calls) < len(off_topic):
            return None
        cutoffs = _cutoffs(pairs, [sure for sure, called in calls if called], len(calls))
        bins = _bins(pairs)
        error = sum(one.right.n * abs((one.right.value or 0.0) - one.mean) for one in bins) / len(pairs)
        goals = tuple(Goal(share, _cutoff_for(share, cutoffs)) for share in GOALS)
        return cls(len(pairs), goals, tuple(_thinned(cutoffs)), bins, error)

    @classmethod
    def from_field(cls, field: Field) -> Confidence:
        """Returns the confidence in a field of a document. Raises InputError if a field is damaged."""
        return cls(
            rows=field["rows"].count(),
            goals=tuple(map(Goal.from_field, field["goals"].list())),
            curve=tuple(map(Cutoff.from_field, field["curve"].list())),
            bins=tuple(map(Bin.from_field, field["bins"].list())),
            calibration_error=field["calibration_error"].share(),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the confidence as one JSON object, a part of evaluation.json."""
        return {
            "rows": self.rows,
            "goals": [goal.to_dict() for goal in self.goals],
            "curve": [cutoff.to_dict() for cutoff in self.curve],
            "bins": [one.to_dict() for one in self.bins],
            "calibration_error": self.calibration_error,
        }


def _cutoffs(pairs: Sequence[tuple[float, bool]], called: Iterable[float], asked: int) -> list[Cutoff]:
    """The cutoff for each distinct probability, highest first; the last one answers every row, so its threshold is 0.

    `pairs` are (probability, right), most probable first. `called` has the probability of each call on one of `asked`
    off-topic messages.
    """
    calls = list(called)
    found = []
    for at, right in enumerate(accumulate(pair[1] for pair in pairs)):
        probability, below = pairs[at][0], pairs[at + 1][0] if at + 1 < len(pairs) else -1.0
        if below < probability:
            threshold = _shortest(below, probability)
            remaining = Rate.of(sum(sure >= threshold for sure in calls), asked) if asked else None
            found.append(Cutoff(threshold, Rate.of(int(right), at + 1), remaining))
    return found


def _shortest(below: float, probability: float) -> float:
    """The number with the fewest decimals above `below` and at most `probability`, so that a person can copy it."""
    for digits in range(17):
        scale = float(10**digits)
        shortened = math.floor(probability * scale) / scale
        if below < shortened <= probability:
            return shortened
    return probability


def _cutoff_for(share: float, cutoffs: Sequence[Cutoff]) -> Cutoff | None:
    """The cutoff with most answered rows of which this share is right; None if there is none with `FEWEST` rows."""
    many = (one for one in reversed(cutoffs) if one.right.n >= FEWEST)
    return next((one for one in many if one.right.k / one.right.n >= share), None)


def _thinned(cutoffs: Sequence[Cutoff]) -> list[Cutoff]:
    """At most `MOST_POINTS` of the cutoffs, evenly spread, the last one included."""
    stride = -(-len(cutoffs) // MOST_POINTS)
    return list(cutoffs[::-1][::stride][::-1])


def _bins(pairs: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Bins with equal numbers of rows, lowest first.

    Ten bins, as in Naeini et al. 2015 (doi:10.1609/aaai.v29i1.9602), who define the expected calibration error. They
    have equal numbers of rows (Nguyen and O'Connor 2015, arXiv:1508.05154), because most probabilities of a tuned model
    are near 1, so that bins of equal width would be almost empty.
    """
    number = max(1, min(BINS, len(pairs) // BIN_ROWS))
    edges = [len(pairs) * at // number for at in range(number + 1)]
    ordered = pairs[::-1]
    return tuple(_bin(ordered[first:last]) for first, last in pairwise(edges))


def _bin(pairs: Sequence[tuple[float, bool]]) -> Bin:
    probabilities = [probability for probability, _ in pairs]
    right = Rate.of(sum(right for _, right in pairs), len(pairs))
    return Bin(probabilities[0], probabilities[-1], min(1.0, sum(probabilities) / len(pairs)), right)
