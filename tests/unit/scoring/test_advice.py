"""Advice on a bad model names its weaknesses, with the rows; a good model gets none."""

from __future__ import annotations

from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring import Report, score_rows
from backend.scoring.advice import NGRAM_NAME, advise

FORMAT = get_format("native", "none")
SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
TOOLS = (Tool("climb", "x", SCHEMA), Tool("water", "x", SCHEMA))


def call(name: str, query: str) -> str:
    return FORMAT.completion((Call(name, {"query": query}),))


def report(answers: list[tuple[str, str, str]]) -> Report:
    examples = [
        Example(str(at), at, "m", (Call(name, {"query": query}),)) for at, (name, query, _) in enumerate(answers)
    ]
    return score_rows(examples, [raw for _, _, raw in answers], TOOLS, FORMAT)


def said(found: Report, others: dict[str, Report] | None = None) -> dict[str, str]:
    return {one.kind: one.text for one in advise(found, others or {}, {"climb": 10, "water": 90}, 0.85)}


def test_a_perfect_model_is_told_so() -> None:
    found = report([("climb", "next", call("climb", "next"))] * 40)
    assert said(found) == {"done": "All 40 held-out rows are right."}


def test_each_weakness_is_named_with_its_rows() -> None:
    found = report(
        [
            ("climb", "next", call("water", "near")),
            ("climb", "next", call("water", "near")),
            ("water", "near", call("water", "near")),
            ("water", "far", "<escape>"),
            ("water", "far", "I cannot."),
        ]
    )
    text = said(found)
    assert text["unparsed"].startswith("1 of 5 answers cannot be parsed on a phone")
    assert text["no_call"].startswith("1 of 5 answers have no call")
    assert text["confused"].startswith("climb is answered with water 2 times")
    assert "never right (0 of 2)" in text["value"]
    weak = [one for one in advise(found, {}, {"climb": 10, "water": 90}, 0.85) if one.kind == "tool"]
    assert weak[0].text.startswith("water: 1 of 3 right. It has 90 training rows. Check whether")
    assert (
        weak[1].text == "climb: 0 of 2 right. It has 10 training rows, and half of the tools have 50 or more. Add rows."
    )
    assert weak[1].rows == ("0", "1")


def test_a_model_below_the_baseline_gets_advice() -> None:
    weak = report([("climb", "next", call("water", "near"))] * 6)
    ngram_baseline = report([("climb", "next", call("climb", "next"))] * 6)
    assert (
        "not better than the classifier: 0 of 6 rows right, the classifier 6"
        in said(weak, {"the classifier": ngram_baseline})["beaten"]
    )
    assert said(weak, {NGRAM_NAME: ngram_baseline})["tool"] == (
        "climb: 0 of 6 right. A plain n-gram classifier learns 6 of them from the same 10 training rows, so the rows "
        "are good enough. Train longer."
    )
    mixed = report([("climb", "next", call("climb", "next"))] * 2)
    other = report([("climb", "next", call("climb", "next")), ("climb", "next", call("climb", "far"))])
    assert (
        "difference from the classifier is not significant" in said(mixed, {"the classifier": other})["not told apart"]
    )


def test_a_model_that_always_calls_one_tool_gets_advice() -> None:
    asked = [("climb", "next", call("water", "near"))] * 7 + [("water", "near", call("water", "near"))] * 2
    text = said(report([*asked, ("water", "near", call("climb", "next"))]))
    assert text["one tool"].startswith("9 of 10 calls are of water, and 3 rows expect it")
    mostly_wanted = [("water", "near", call("water", "near"))] * 9 + [("climb", "next", call("water", "near"))]
    assert "one tool" not in said(report(mostly_wanted))


def test_few_rows_ask_for_more() -> None:
    found = report([("climb", "next", call("climb", "next"))] * 9 + [("climb", "next", call("climb", "far"))])
    assert "more would" in said(found)["undecided"]
    assert said(report([])) == {"rows": "No held-out rows were scored. Set rows aside before training."}


def test_calls_that_are_missed_when_spoken_are_told_with_their_rows() -> None:
    right, silent = call("climb", "next"), "<end_of_turn>"
    found = report([("climb", "next", right)] * 40)
    lost, alike = (report([("climb", "next", silent)] * n + [("climb", "next", right)] * (40 - n)) for n in (30, 2))
    (told,) = [one for one in advise(found, {}, {}, 0.85, spoken=lost) if one.kind == "as spoken"]
    assert "10 of 40 rows are right instead of 40, and 30 get no call" in told.text
    assert told.rows == tuple(map(str, range(30)))
    assert not [one for one in advise(found, {}, {}, 0.85, spoken=alike) if one.kind == "as spoken"]
