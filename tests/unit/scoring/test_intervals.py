"""The intervals and verdicts against published figures and their own definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.scoring import Rate, mcnemar, verdict, wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(43, 50, 0.738, 0.930), (3, 3, 0.439, 1.0), (111, 119, 0.873, 0.966), (0, 10, 0.0, 0.278)],
)
def test_wilson_gives_known_intervals(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(("worse", "better", "p"), [(0, 5, 0.0625), (0, 6, 0.03125), (0, 0, 1.0), (3, 3, 1.0)])
def test_mcnemar_gives_known_values(worse: int, better: int, p: float) -> None:
    assert mcnemar(worse, better) == pytest.approx(p)
    assert mcnemar(better, worse) == pytest.approx(p)


def test_mcnemar_stands_thousands_of_rows() -> None:
    assert 0 <= mcnemar(1000, 4000) < 1e-300


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_rate(k: int, n: int) -> None:
    rate = Rate.of(min(k, n), n)
    assert rate.low is not None
    assert rate.high is not None
    assert rate.value is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


def test_no_rows_give_no_rate() -> None:
    assert Rate.of(0, 0).to_dict() == {"k": 0, "n": 0, "value": None, "low": None, "high": None}
    with pytest.raises(ValueError, match="3 in 2"):
        Rate.of(3, 2)


@pytest.mark.parametrize(("k", "n", "state"), [(99, 100, "met"), (50, 100, "not met"), (86, 100, "undecided")])
def test_the_verdict_asks_the_bounds(k: int, n: int, state: str) -> None:
    assert verdict(Rate.of(k, n), 0.85).state == state


@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from([0.5, 0.85, 0.9]))
def test_more_rows_are_just_enough(k: int, n: int, target: float) -> None:
    k = min(k, n)
    found = verdict(Rate.of(k, n), target)
    if found.more_rows is None:
        return
    share, rows = k / n, n + found.more_rows
    for total, decided in ((rows, True), (rows - 1, False)):
        low, high = wilson(share * total, total)
        assert (low >= target or high < target) == decided


def test_no_rows_decide_what_lies_on_the_target() -> None:
    assert verdict(Rate.of(1, 2), 0.5).more_rows is None
    assert verdict(Rate.of(0, 0), 0.5).state == "undecided"
