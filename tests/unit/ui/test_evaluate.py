"""What the Evaluate step says of the numbers, and which rows stand behind it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring import Setup, build_evaluation, score_rows
from backend.scoring.evaluation import Paired
from tests.unit.scoring.test_confidence import FORTY, confidence_of
from ui.evaluate.confidence import accuracy_curve, confidence_details, confidence_head, goal_sentence
from ui.evaluate.others import Results
from ui.evaluate.probes import evaluate_button
from ui.evaluate.rows import choice_for
from ui.evaluate.scores import baseline_sentence, scores_card
from ui.evaluate.selection import (
    ALL,
    BASE_ONLY,
    SURE,
    TUNED_ONLY,
    UNSURE,
    Choice,
    chosen_rows,
    first_choice,
    picked_rows,
    probe_key,
)
from ui.evaluate.table import row_table
from ui.html.diff import marked

FORMAT = get_format("native")
SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}}
TOOLS = (Tool("climb", "x", SCHEMA), Tool("water", "x", SCHEMA))
CLIMB, WATER = Call("climb", {"query": "next"}), Call("water", {"query": "near"})


@pytest.fixture
def results() -> Results:
    """Four rows: right; confused; wrong value, which the base has right; unreadable."""
    gold = [CLIMB, CLIMB, WATER, WATER]
    said = [CLIMB, WATER, Call("water", {"query": "<far>"}), None]
    based = [None, None, WATER, None]
    rows = [Example(f"row{at}", at + 2, "Where Is It?", (call,)) for at, call in enumerate(gold)]
    tuned, base = (
        score_rows(
            rows, [FORMAT.completion((call,)) if call else "<start_function_call>" for call in calls], TOOLS, FORMAT
        )
        for calls in (said, based)
    )
    return Results(build_evaluation(tuned, base, Setup(), probes={"lower case": base}))


@pytest.mark.parametrize(
    ("pressed", "ids"),
    [
        ({"do": "bar", "label": "water"}, ["row2", "row3"]),
        ({"do": "cell", "label": "climb", "column": "water"}, ["row1"]),
        ({"do": "rows", "gold": "water", "predicted": "unparsed"}, ["row3"]),
        ({"do": "rows", "kind": "wrong_value"}, ["row2"]),
        ({"do": "rows", "probe": "lower case"}, ["row0"]),
    ],
)
def test_what_is_pressed_leads_to_its_rows(results: Results, pressed: dict[str, str], ids: list[str]) -> None:
    choice = choice_for(results, pressed)
    assert choice is not None
    assert [row.id for row in chosen_rows(results, choice)] == ids


def test_each_piece_of_advice_leads_to_the_rows_that_it_names(results: Results) -> None:
    for at, advice in enumerate(results.evaluation.advice):
        choice = choice_for(results, {"do": "rows", "advice": str(at)})
        assert choice is not None
        assert {row.id for row in chosen_rows(results, choice)} == set(advice.rows) or not advice.rows


@pytest.mark.parametrize(
    "pressed",
    [{"do": "rows", "advice": "99"}, {"do": "rows", "advice": "x"}, {"do": "rows", "probe": "none"}, {"do": "y"}],
)
def test_what_this_evaluation_does_not_have_leads_nowhere(results: Results, pressed: dict[str, str]) -> None:
    assert choice_for(results, pressed) is None


def test_rows_are_told_apart_by_who_is_right(results: Results) -> None:
    assert [row.id for row in chosen_rows(results, first_choice(results.evaluation))] == ["row1", "row2", "row3"]
    assert [row.id for row in chosen_rows(results, Choice(BASE_ONLY))] == ["row2"]
    assert [row.id for row in chosen_rows(results, Choice(TUNED_ONLY))] == ["row0"]
    assert picked_rows(results, '["cell"') is None


def test_rows_are_ordered_by_their_probability(results: Results) -> None:
    sure = (0.5, 0.9, None, 0.7)
    tuned = results.evaluation.tuned
    rows = tuple(replace(row, probability=known) for row, known in zip(tuned.rows, sure, strict=True))
    ordered = Results(replace(results.evaluation, tuned=replace(tuned, rows=rows)))
    ids = {order: [row.id for row in chosen_rows(ordered, Choice(ALL, order=order))] for order in (UNSURE, SURE)}
    assert ids == {UNSURE: ["row0", "row3", "row1", "row2"], SURE: ["row1", "row3", "row0", "row2"]}
    assert [row.id for row in chosen_rows(ordered, Choice(ALL))] == ["row0", "row1", "row2", "row3"]
    shown = row_table(ordered, Choice(ALL, order=UNSURE), 0, 42)
    assert shown.index("sure: 50.0 %") < shown.index("sure: 70.0 %") < shown.index("sure: 90.0 %")
    assert shown.count("sure: ") == 3
    assert "sure: " not in row_table(results, Choice(ALL), 0, 42)


def test_a_threshold_is_said_with_what_it_costs() -> None:
    off = [(0.9, True), (0.75, True), (0.74, True), (0.99, False), (0.3, False)]
    found = confidence_of(FORTY, off)
    some, none = (goal_sentence(found, goal) for goal in found.goals)
    assert some == (
        "Carry out answers with a probability of at least <b>75 %</b>. Then 27 of 28 answered rows are right "
        "(82.3–99.4 %), and 12 of 40 rows (30.0 %) are left out; 2 of 5 off-topic messages still get a call instead "
        "of 3."
    )
    assert none == "No threshold reaches it with at least 20 answered rows."
    perfect = confidence_of([(0.9, True)] * 20)
    assert goal_sentence(perfect, perfect.goals[0]) == (
        "No threshold is needed: 20 of 20 answered rows are right (83.9–100.0 %)."
    )
    details = confidence_details(found)
    assert some in details
    assert none in details
    assert "In 4 groups of rows" in details
    assert details.count("<tr>") == 1 + len(found.bins)


def test_the_chart_has_the_curve_the_thresholds_and_the_off_topic_calls() -> None:
    plain = json.loads(accuracy_curve(confidence_of(FORTY)))
    line, points = plain["data"]
    assert line["x"] == pytest.approx([62.5, 70.0, 75.0, 100.0])  # from 20 answered rows on
    assert line["y"] == pytest.approx([96.0, 2700 / 28, 90.0, 80.0])
    assert (points["x"], points["text"]) == ([70.0], ["95 %"])
    assert "off-topic" not in confidence_head(confidence_of(FORTY))
    asked = confidence_of(FORTY, [(0.8, True), (0.1, False)])
    calls = json.loads(accuracy_curve(asked))["data"][2]
    assert calls["y"] == [0.0, 50.0, 50.0, 50.0]
    assert "off-topic" in confidence_head(asked)
    both = json.loads(accuracy_curve(confidence_of([(0.9, True)] * 20)))["data"][1]
    assert both["text"] == ["95 % and 99 %"]


def test_the_table_escapes_what_was_said_and_shows_what_a_probe_asked(results: Results) -> None:
    assert "<mark>&lt;far&gt;</mark>" in row_table(results, first_choice(results.evaluation), 0, 42)
    probed = row_table(results, Choice(ALL, picked=probe_key("lower case")), 0, 42)
    assert "as “where is it?”" in probed


@pytest.mark.parametrize(
    ("expected", "answered", "left", "right"),
    [
        ([("a", {"x": 1})], [("a", {"x": 1.0})], "<b>a</b><wbr>(x: 1)", "<b>a</b><wbr>(x: 1.0)"),
        ([("a", {"x": 1})], [("a", {"x": True})], "(x: <mark>1</mark>)", "(x: <mark>true</mark>)"),
        ([("a", {"x": 1})], [("b", {"x": 1})], "<mark><b>a</b></mark>", "<mark><b>b</b></mark>"),
        ([("a", {"x": 1})], [("a", {"y": ""})], "(<mark>x: 1</mark>)", "(<mark>y: &#34;&#34;</mark>)"),
        ([("a", {"x": 1})], [], "<mark><b>a</b></mark>", "<mark>no call</mark>"),
        ([], [], "no call", "no call"),
        ([("a", {"x": 1}), ("a", {"x": 2})], [("a", {"x": 2}), ("a", {"x": 3})], "(x: <mark>1</mark>)", "(x: 2)"),
    ],
)
def test_what_differs_is_marked_on_both_sides(expected: Any, answered: Any, left: str, right: str) -> None:
    sides = marked(*([Call(name, given) for name, given in calls] for calls in (expected, answered)))
    assert left in sides[0]
    assert right in sides[1]
    assert ("<mark>" in sides[0] + sides[1]) is ("<mark>" in left + right)


@pytest.mark.parametrize(
    ("worse", "better", "p", "said"),
    [
        (50, 1, 1e-14, "worse than the classifier"),
        (3, 5, 0.7, "difference is not significant"),
        (1, 50, 1e-14, "is better"),
    ],
)
def test_the_floor_is_spoken_of_plainly(worse: int, better: int, p: float, said: str) -> None:
    assert said in baseline_sentence(Paired(worse, better, p))


def test_the_switch_and_its_button_agree() -> None:
    assert 'data-probes="yes"' in evaluate_button("Go", "none", on=True, kind="")
    assert "other tools" in evaluate_button("Go", "full", on=False, kind="")
    assert " checked" not in evaluate_button("Go", "full", on=False, kind="")


def test_a_default_that_is_left_out_is_counted_in_a_sentence_of_its_own() -> None:
    tool = Tool("ring", "Rings.", {"type": "object", "properties": {"loud": {"type": "boolean", "default": False}}})
    rows = [Example("a", 2, "Ring", (Call("ring", {}),)), Example("b", 3, "Ring it", (Call("ring", {}),))]
    raw = [FORMAT.completion((Call("ring", arguments),)) for arguments in ({"loud": False}, {})]
    results = Results(build_evaluation(score_rows(rows, raw, [tool], FORMAT), None, Setup()))
    shown = scores_card(results.evaluation, "run", "none")
    assert "If an argument that is left out counts as its default in tools.json, 100.0 % are right (2 of 2)." in shown
    assert "Right if a default that is left out counts as written." in row_table(results, Choice(), 0, 1)
