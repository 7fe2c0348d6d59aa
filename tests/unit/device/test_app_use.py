"""How a file behaves in an app, in one line and in a table, from what verification found."""

from __future__ import annotations

from typing import Any

import pytest

from backend.device import Result, Verification, app_use, app_use_line, off_topic_sentence, works_constrained
from backend.device.app_use import app_use_table
from backend.off_topic import Message, Selection, as_rows
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring import OffTopic, Rate, off_topic_result, score_rows
from tests.documents import verification
from ui.export.step import _app_use, _off_topic

PLACE = {"type": "string", "description": "what", "enum": ["water", "food"]}
TOOLS = (Tool("find", "Finds it.", {"type": "object", "properties": {"query": PLACE}, "required": ["query"]}),)


def checks(*, conversation: str = "passed", constrained: str = "failed", app: str = "passed") -> list[dict[str, Any]]:
    return [
        {"name": "calls in an app", "result": app, "detail": "20 of 20 answers reach an app as we read them."},
        {"name": "conversation goes on", "result": conversation, "detail": "40 messages | in 5 [conversations]."},
        {"name": "constrained decoding", "result": constrained, "detail": "No conversation can be opened."},
    ]


def found(**fields: Any) -> Verification:
    return Verification.from_dict(verification(checks=checks(**fields)))


def test_an_older_verification_says_nothing() -> None:
    old = Verification.from_dict(verification())
    assert (app_use(old), app_use_line(old), app_use_table(old), _app_use(old)) == ((), "", [], "")
    assert not works_constrained(old)


def test_the_line_names_each_outcome() -> None:
    assert app_use_line(found()) == "In an app: calls arrive; follow-up messages work; switch constrained decoding off."
    later = Verification.from_dict(verification(checks=checks(), later_messages=Rate.of(2, 27).to_dict()))
    assert "follow-up messages work, 2 of 27 answered as alone" in app_use_line(later)
    assert [use.result for use in app_use(later)][1] == Result.UNCHECKED
    assert "follow-up messages fail" in app_use_line(found(conversation="failed"))
    assert "calls arrive changed" in app_use_line(found(app="failed"))
    assert "constrained decoding works" in app_use_line(found(constrained="passed"))


@pytest.mark.parametrize(("result", "works"), [("passed", True), ("failed", False), ("could not check", False)])
def test_the_kit_is_constrained_only_if_the_check_passed(result: str, works: bool) -> None:
    assert works_constrained(found(constrained=result)) is works


def test_refused_answers_are_counted_by_kind() -> None:
    fmt = get_format("native", "none")
    rows = [Example(str(at), at, f"find {at}", (Call("find", {"query": "water"}),)) for at in range(4)]
    answers = [
        fmt.completion(rows[0].calls),
        fmt.completion([Call("find", {"query": "watr"})]),
        fmt.completion([Call("find", {})]),
        "<start_function_call>call:find{query:<escape>}<end_function_call>",
    ]
    report = score_rows(rows, answers, TOOLS, fmt)
    assert report.refusals == {"value not allowed": 1, "missing argument": 1, "unreadable": 1}
    checked = Verification.from_dict(verification(checks=checks(), accuracy=report.to_dict()))
    assert "3 of 4 refused" in app_use_line(checked)
    assert Verification.from_dict(checked.to_dict()) == checked
    assert checked.accuracy is not None
    assert checked.accuracy.refusal_sentence().startswith("An app with the Android kit refuses 3 of 4 answers (")
    right = score_rows(rows[:1], answers[:1], TOOLS, fmt)
    assert right.refusal_sentence() == "An app with the Android kit refuses none of 1 answers."


def off_topic(calls: int, of: int) -> OffTopic:
    fmt = get_format("native", "none")
    asked = tuple(Message(f"what is jazz, part {at}", "request", "jazz", "en") for at in range(of))
    answers = [fmt.completion([Call("find", {"query": "water"})])] * calls + [fmt.completion(())] * (of - calls)
    return off_topic_result(Selection(asked), score_rows(as_rows(asked, {"": ""}), answers, TOOLS, fmt))


@pytest.mark.parametrize(
    ("calls", "result", "sentence"),
    [
        (
            0,
            "passed",
            "0 are answered with a call (95 % interval 0.0–6.0 %).",
        ),
        (
            1,
            "passed",
            "1 is answered with a call (95 % interval 0.3–8.9 %).",
        ),
        (6, "passed", "6 are answered with a call (95 % interval 4.7–20.1 %)."),
        (7, "could not check", "7 are answered with a call (95 % interval 5.8–22.2 %)."),
    ],
)
def test_calls_on_off_topic_messages_are_said_and_warned_of(calls: int, result: str, sentence: str) -> None:
    asked = Verification.from_dict(verification(checks=checks(), off_topic=off_topic(calls, 60).to_dict()))
    assert asked.off_topic == off_topic(calls, 60)
    use = next(use for use in app_use(asked) if use.use == "A message that is not for the app")
    assert (use.result, use.outcome) == (result, f"calls for {calls} of 60 messages that are not for it")
    assert use.detail == f"Of 60 messages that are not for these tools, {sentence}"
    assert use.detail in str(_off_topic(asked))


def test_a_verification_that_asked_none_says_nothing_of_them() -> None:
    assert [use for use in app_use(found()) if "not for" in use.use] == []
    assert _off_topic(found()) == ""
    assert off_topic_sentence(off_topic(0, 0)) == ""


def test_a_table_survives_any_detail() -> None:
    table = app_use_table(found())
    assert all(line.replace("\\|", "").count("|") == 4 for line in table)
    shown = str(_app_use(found()))
    assert "<details" in shown
    assert "40 messages | in 5 [conversations]." in shown
