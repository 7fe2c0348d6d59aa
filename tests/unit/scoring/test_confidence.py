"""Thresholds, the curve and the calibration have the values that a count by hand gives."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from backend.document import Field
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring import (
    Confidence,
    Cutoff,
    Rate,
    Report,
    RowResult,
    Setup,
    build_evaluation,
    score_rows,
)
from backend.scoring.confidence import FEWEST, MOST_POINTS

FORMAT = get_format("native")
TOOLS = (Tool("climb", "x"), Tool("water", "x"))
CLIMB, WATER = FORMAT.completion((Call("climb"),)), FORMAT.completion((Call("water"),))


def held_out(pairs: Sequence[tuple[float, bool]]) -> Report:
    """Rows that expect a call of climb, each with a probability and whether it is right."""
    rows = [Example(f"row{at}", at + 2, "Where?", (Call("climb"),)) for at in range(len(pairs))]
    return score_rows(rows, [CLIMB if right else WATER for _, right in pairs], TOOLS, FORMAT, [p for p, _ in pairs])


def off_topic(pairs: Sequence[tuple[float, bool]]) -> Sequence[RowResult]:
    """Rows that expect no call, each with a probability and whether it calls a tool."""
    rows = [Example(f"off{at}", 0, "Hello", ()) for at in range(len(pairs))]
    return score_rows(rows, [CLIMB if calls else "" for _, calls in pairs], TOOLS, FORMAT, [p for p, _ in pairs]).rows


def confidence_of(pairs: Sequence[tuple[float, bool]], off: Sequence[tuple[float, bool]] = ()) -> Confidence:
    found = Confidence.of(held_out(pairs).rows, off_topic(off))
    assert found is not None
    return found


FORTY = [
    *((0.99, True) for _ in range(18)),
    (0.98, False),
    *((0.97, True) for _ in range(6)),
    *((0.751, True) for _ in range(3)),
    *((0.749, False) for _ in range(2)),
    *((0.5, at % 2 == 0) for at in range(10)),
]
"""Forty rows: 95 % are right from 0.751 on (27 of 28), and 99 % only among the 18 surest, which are too few."""


def test_the_curve_has_every_distinct_probability() -> None:
    found = confidence_of(FORTY)
    assert [(one.right.k, one.right.n) for one in found.curve] == [
        (18, 18),
        (18, 19),
        (24, 25),
        (27, 28),
        (27, 30),
        (32, 40),
    ]
    assert [one.threshold for one in found.curve] == [0.99, 0.98, 0.9, 0.75, 0.7, 0.0]
    assert found.curve[3] == Cutoff(0.75, Rate.of(27, 28), None)


def test_the_threshold_leaves_out_as_few_rows_as_it_can() -> None:
    found = confidence_of(FORTY)
    cutoff = found.goal(0.95)
    assert cutoff == Cutoff(0.75, Rate.of(27, 28), None)
    assert found.skipped(cutoff) == 12
    assert cutoff.right.low == pytest.approx(0.8229, abs=1e-4)
    assert found.goal(0.99) is None


def test_off_topic_calls_at_the_threshold_are_a_rate_of_their_own() -> None:
    off = [(0.9, True), (0.75, True), (0.74, True), (0.99, False), (0.3, False)]
    found = confidence_of(FORTY, off)
    cutoff = found.goal(0.95)
    assert cutoff is not None
    assert (cutoff.right, cutoff.calls) == (Rate.of(27, 28), Rate.of(2, 5))
    assert found.curve[-1].calls == Rate.of(3, 5)
    assert found.rows == 40


def test_a_goal_that_all_rows_reach_needs_no_threshold() -> None:
    found = confidence_of([(0.9 - at / 1000, True) for at in range(FEWEST)])
    assert found.goal(0.95) == found.goal(0.99) == Cutoff(0.0, Rate.of(FEWEST, FEWEST), None)


def test_a_few_lucky_rows_are_no_threshold() -> None:
    wrong = [(0.5 - at / 1000, False) for at in range(40)]
    assert confidence_of([*((0.9, True) for _ in range(FEWEST - 2)), *wrong]).goal(0.95) is None
    right = [(0.9, True) for _ in range(FEWEST)]
    assert confidence_of([*right, *wrong]).goal(0.95) == Cutoff(0.5, Rate.of(FEWEST, FEWEST + 1), None)
    assert confidence_of([*right, *wrong]).goal(0.99) == Cutoff(0.9, Rate.of(FEWEST, FEWEST), None)


def test_rows_of_one_probability_are_left_out_together() -> None:
    found = confidence_of([(0.9, at != 3) for at in range(30)])
    assert [one.right for one in found.curve] == [Rate.of(29, 30)]
    assert found.goal(0.95) == Cutoff(0.0, Rate.of(29, 30), None)


def test_a_threshold_is_short_and_still_between_its_rows() -> None:
    pairs = [(0.99999, True), (0.9998, True), (0.6180339887, True), (0.6180339886, True), (0.05, True)]
    assert [one.threshold for one in confidence_of(pairs).curve] == [0.9999, 0.9, 0.6180339887, 0.6, 0.0]


def test_calibration_is_that_of_bins_with_equal_numbers_of_rows() -> None:
    rng = random.Random(3)
    sure = [(0.95, at < 45) for at in range(50)]
    unsure = [(0.6, at < 10) for at in range(50)]
    mixed = sure + unsure
    rng.shuffle(mixed)
    found = confidence_of(mixed)
    assert [one.right.n for one in found.bins] == [10] * 10
    assert sum(one.right.k for one in found.bins) == 55
    assert [one.low for one in found.bins] == [0.6] * 5 + [0.95] * 5
    known = sum(abs(one.right.k / 10 - (0.6 if at < 5 else 0.95)) for at, one in enumerate(found.bins)) / 10
    assert found.calibration_error == pytest.approx(known)


def test_few_rows_have_few_bins() -> None:
    found = confidence_of([(0.8, True)] * 15 + [(0.2, False)] * 10)
    assert [(one.low, one.high, one.right) for one in found.bins] == [
        (0.2, 0.8, Rate.of(2, 12)),
        (0.8, 0.8, Rate.of(13, 13)),
    ]
    assert [one.mean for one in found.bins] == pytest.approx([(10 * 0.2 + 2 * 0.8) / 12, 0.8])
    expected = (12 * (0.3 - 2 / 12) + 13 * 0.2) / 25
    assert found.calibration_error == pytest.approx(expected)


def test_without_all_probabilities_there_is_no_confidence() -> None:
    report = held_out([(0.9, True)] * 30)
    unknown = score_rows([Example("a", 2, "Where?", ())], [""], TOOLS, FORMAT).rows
    assert Confidence.of(()) is None
    assert Confidence.of([*report.rows, *unknown]) is None
    assert Confidence.of(report.rows, unknown) is None


def test_what_was_written_is_read_and_a_long_curve_is_thinned() -> None:
    pairs = [((at + 1) / 1000, at % 7 != 0) for at in range(999)]
    found = confidence_of(pairs, [(0.5, True)])
    assert len(found.curve) <= MOST_POINTS
    assert (found.curve[-1].right.n, found.curve[-1].threshold) == (999, 0.0)
    assert Confidence.from_field(Field("x", found.to_dict())) == found


def test_an_evaluation_has_it_and_advises_a_threshold_that_costs_little() -> None:
    base = held_out([(0.5, False)] * 100)
    costly = held_out([*((0.9, True) for _ in range(80)), *((0.4, False) for _ in range(20))])
    cheap = held_out([*((0.9, True) for _ in range(81)), *((0.4, False) for _ in range(19))])
    perfect = held_out([(0.9, True)] * 100)
    for report, advised in ((costly, False), (cheap, True), (perfect, False)):
        evaluation = build_evaluation(report, base, Setup())
        assert evaluation.confidence is not None
        found = [one for one in evaluation.advice if one.kind == "threshold"]
        assert bool(found) is advised
        if advised:
            assert found[0].rows == tuple(f"row{at}" for at in range(81, 100))
            assert (
                "81 of 81 answers with a probability of at least 90 % are right, which is 95% or more." in found[0].text
            )
            assert "leaves out 19 of 100 rows" in found[0].text
