"""Which differences count if several are tested, and how many rows would show one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

POWER = 0.8
"""The chance that a test on the recommended number of rows finds the difference; the usual value in study planning."""
MOST_ROWS = 1_000_000
"""Largest number of rows that is still useful to recommend."""


def holm(ps: Sequence[float]) -> list[float]:
    """Returns the p of each test, corrected for the number of tests, in the same order.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65-70, as adjusted p values.
    """
    order = sorted(range(len(ps)), key=lambda at: ps[at])
    corrected, largest = [0.0] * len(ps), 0.0
    for rank, at in enumerate(order):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[at]))
        corrected[at] = largest
    return corrected


def rows_needed(gained: int, lost: int, n: int, level: float) -> int | None:
    """Returns about how many rows McNemar's test needs to find this difference with POWER at a `level`.

    Of `n` rows, `gained` are right only for one model and `lost` only for the other. These rows did not suffice, and
    the shares are assumed to stay, so the result is above `n`. None if both counts are equal, or if the number exceeds
    MOST_ROWS. Source: R. J. Connor, Biometrics 43 (1987), 207-211, for a two-sided test.
    """
    difference, differing = abs(gained - lost) / n, (gained + lost) / n
    if not difference:
        return None
    sure, powerful = (NormalDist().inv_cdf(share) for share in (1 - level / 2, POWER))
    root = sure * math.sqrt(differing) + powerful * math.sqrt(differing - difference**2)
    rows = max(n + 1, math.ceil((root / difference) ** 2))
    return rows if rows <= MOST_ROWS else None
