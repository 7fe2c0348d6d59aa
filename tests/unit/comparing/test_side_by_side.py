"""Runs side by side: only common rows count, each is held against the best, and p counts every pair."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.comparing import (
    Candidate,
    SideBySide,
    calls_sentence,
    compare_runs,
    correction,
    reason,
    rows_needed,
    verdict,
)
from backend.comparing.significance import holm
from backend.records import Call
from backend.scoring import OffTopicRow, RowResult, mcnemar

LETTERS = "ABCD"


def row(name: str, *, right: bool = True, called: bool = False) -> RowResult:
    predicted = (Call("climb", {}),) if called else ()
    return RowResult(
        name, 2, "x", (), predicted, "x",
        parsed=True, tool_right=right, right=right, right_normalised=right, error_class=None, detail="",
    )  # fmt: skip


def candidate(name: str, wrong: set[int], rows: range = range(100), calls: int | None = None) -> Candidate:
    """A run that is wrong at these rows; with `calls`, it calls a tool for the first ones of 50 off-topic messages."""
    asked = (
        [] if calls is None else [OffTopicRow("noise", "", "", row(f"m{at}", called=at < calls)) for at in range(50)]
    )
    return Candidate(name, name, [row(f"row {at}", right=at not in wrong) for at in rows], asked)


def compared(*runs: Candidate) -> SideBySide:
    found = compare_runs(runs)
    assert found is not None
    return found


def test_only_rows_that_all_held_out_count() -> None:
    found = compared(
        candidate("one", {1, 90}), candidate("two", {2, 3}, range(80)), candidate("three", {1, 2, 3, 4}, range(1, 120))
    )
    assert found.n == 79
    assert [standing.combined.k for standing in found.standings] == [78, 77, 75]
    assert {standing.combined.n for standing in found.standings} == {79}
    assert found.best == 0
    assert [(pair.other, pair.gained, pair.lost) for pair in found.pairs] == [
        (1, ("row 2", "row 3"), ("row 1",)),
        (2, ("row 2", "row 3", "row 4"), ()),
    ]


def test_runs_without_a_common_row_or_alone_are_not_compared() -> None:
    assert compare_runs([candidate("one", set(), range(5)), candidate("two", set(), range(5, 9))]) is None
    assert compare_runs([candidate("one", set())]) is None
    assert compare_runs([]) is None


def test_of_equal_runs_the_one_with_fewer_off_topic_calls_is_the_best() -> None:
    found = compared(candidate("one", {1}, calls=9), candidate("two", {2}, calls=4))
    assert found.best == 1
    assert [standing.false_calls.k for standing in found.standings if standing.false_calls] == [9, 4]


def test_a_better_run_is_called_better_with_its_figures() -> None:
    found = compared(candidate("one", set(range(12))), candidate("two", {0, 50}))
    assert verdict(found, ["A (one)", "B (two)"]) == "B (two) is better than A (one)."
    assert reason(found, found.pairs[0], LETTERS) == "11 rows only B answers right, 1 only A (McNemar, p = 0.006)."
    assert found.pairs[0].rows_needed is None
    assert correction(found) == ""


def test_an_open_comparison_says_how_many_rows_would_tell() -> None:
    found = compared(candidate("one", set(range(5))), candidate("two", set()))
    assert found.pairs[0].p == 0.0625
    assert verdict(found, LETTERS) == "B and A are not told apart."
    assert found.pairs[0].rows_needed == 155
    assert reason(found, found.pairs[0], LETTERS) == (
        "5 rows only B answers right, 0 only A (McNemar, p = 0.062). "
        "If these shares stay, about 160 held-out rows would tell them apart."
    )


@pytest.mark.parametrize(("other", "said"), [({1}, "no number of held-out rows"), ({0}, "the same rows right")])
def test_equal_counts_are_told_apart_by_no_number_of_rows(other: set[int], said: str) -> None:
    found = compared(candidate("one", {0}), candidate("two", other))
    assert said in reason(found, found.pairs[0], LETTERS)


def test_with_three_runs_p_counts_all_pairs() -> None:
    """Alone, 6 rows against none are p = 0.031; of three pairs, the smallest p counts three times."""
    two = compared(candidate("one", set()), candidate("two", set(range(6))))
    assert two.pairs[0].word == "worse"
    three = compared(candidate("one", set()), candidate("two", set(range(6))), candidate("three", {50}))
    assert three.pairs[0].p == pytest.approx(3 * mcnemar(0, 6))
    assert three.pairs[0].word == "not told apart"
    assert "the 3 pairs of these 3 runs (Holm)" in correction(three)
    assert verdict(three, LETTERS) == "A, B and C are not told apart."


def test_fewer_off_topic_calls_are_told_only_if_they_are_more_than_chance() -> None:
    found = compared(candidate("one", set(), calls=20), candidate("two", {1}, calls=5))
    said = calls_sentence(found, found.pairs[0], LETTERS)
    assert said == "B calls tools for fewer off-topic messages than A: 5 instead of 20 of 50 (McNemar, p < 0.001)."
    near = compared(candidate("one", set(), calls=6), candidate("two", {1}, calls=5))
    assert calls_sentence(near, near.pairs[0], LETTERS) == ""
    unasked = compared(candidate("one", set(), calls=6), candidate("two", {1}))
    assert unasked.standings[0].false_calls is None
    assert calls_sentence(unasked, unasked.pairs[0], LETTERS) == ""


@pytest.mark.parametrize(
    ("ps", "corrected"),
    [([], []), ([0.2], [0.2]), ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]), ([0.5, 0.9], [1.0, 1.0])],
)
def test_holm_gives_known_values(ps: list[float], corrected: list[float]) -> None:
    assert holm(ps) == pytest.approx(corrected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_a_corrected_p_is_never_smaller_and_keeps_the_order(ps: list[float]) -> None:
    found = holm(ps)
    assert all(one >= p for one, p in zip(found, ps, strict=True))
    assert [found[at] for at in sorted(range(len(ps)), key=lambda at: ps[at])] == sorted(found)
    assert max(found) <= 1


@pytest.mark.parametrize(("gained", "lost", "n"), [(12, 4, 100), (20, 12, 150), (8, 3, 60)])
def test_the_recommended_rows_find_the_difference_four_times_in_five(gained: int, lost: int, n: int) -> None:
    """The exact power of McNemar's test at that number of rows. The exact test is a little stricter."""
    rows = rows_needed(gained, lost, n, 0.05)
    assert rows is not None
    differing, share = (gained + lost) / n, gained / (gained + lost)
    power = 0.0
    for found in range(1, rows + 1):
        chance = comb(rows, found) * differing**found * (1 - differing) ** (rows - found)
        if chance < 1e-9:
            continue
        right = (comb(found, k) * share**k * (1 - share) ** (found - k) for k in range(found + 1) if told(k, found))
        power += chance * sum(right)
    assert 0.74 < power < 0.82


def told(k: int, found: int) -> bool:
    return mcnemar(found - k, k) < 0.05


def test_a_tiny_difference_needs_more_rows_than_anyone_has() -> None:
    assert rows_needed(5, 5, 100, 0.05) is None
    assert rows_needed(5_001, 5_000, 20_000, 0.05) is None
    assert rows_needed(5, 0, 5, 0.05) == 6
