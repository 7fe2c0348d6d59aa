"""The confidence interval of a rate, and the test whether two models differ on the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from backend.document import Field

Z95 = 1.959963984540054
"""The standard normal quantile for a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`k` of `n`, with its Wilson 95 % interval; the value and the bounds are from 0 to 1, and None if n is 0."""

    k: int
    n: int
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, k: int, n: int) -> Rate:
        """Returns the rate of `k` successes in `n` rows. Raises ValueError unless 0 ≤ k ≤ n."""
        if not 0 <= k <= n:
            raise ValueError(f"a rate of {k} in {n}")
        if n == 0:
            return cls(0, 0, None, None, None)
        low, high = wilson(k, n)
        return cls(k, n, k / n, low, high)

    @classmethod
    def from_field(cls, field: Field) -> Rate:
        """Returns the rate in a field of a document. Raises InputError if a field is damaged."""
        k, n = field["k"].count(), field["n"].count()
        if k > n:
            raise field["k"].damage(f"a whole number from 0 to n, which is {n}")
        if n == 0:
            wrong = next((field[name] for name in ("value", "low", "high") if field[name].value is not None), None)
            if wrong is not None:
                raise wrong.damage("null if n is 0")
            return cls(0, 0, None, None, None)
        return cls(k, n, field["value"].share(), field["low"].share(), field["high"].share())

    def to_dict(self) -> dict[str, Any]:
        """Returns the rate as one JSON object."""
        return {"k": self.k, "n": self.n, "value": self.value, "low": self.low, "high": self.high}


def wilson(k: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Returns the score interval for `k` of `n` (n > 0), bounds from 0 to 1; E. B. Wilson, JASA 22 (1927), 209-212."""
    share = k / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if k == 0 else max(0.0, centre - half)
    high = 1.0 if k == n else min(1.0, centre + half)
    return low, high


def mcnemar(worse: int, better: int) -> float:
    """Returns the exact two-sided p of the test that two models do not differ.

    `worse` counts the rows that only the first model has right, `better` those that only the second has right.
    Source: Q. McNemar, Psychometrika 12 (1947), 153-157, with the binomial distribution instead of chi-square.
    """
    discordant = worse + better
    tail: int = sum(math.comb(discordant, k) for k in range(min(worse, better) + 1))
    return min(1.0, tail / 2 ** (discordant - 1)) if discordant else 1.0


def p_text(p: float) -> str:
    """Returns a p value for a sentence, such as `p = 0.035` or `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
