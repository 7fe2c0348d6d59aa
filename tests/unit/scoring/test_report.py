"""Rows with known answers: what is right, what kind of wrong, and how it adds up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.document import Field
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring import Report, Setup, build_evaluation, score_rows

FORMAT = get_format("native", "full")
LIGHT = Tool(
    "set_light",
    "Sets a light.",
    {
        "type": "object",
        "properties": {
            "room": {"type": "string", "enum": ["kitchen", "Hall"]},
            "level": {"type": "integer"},
            "share": {"type": "number"},
            "on": {"type": "boolean"},
            "note": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "at": {"type": "object", "properties": {"hour": {"type": "integer"}}},
        },
    },
)
FIND = Tool("find", "Finds.", {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]})
STOP = Tool("stop", "Stops.")
TOOLS = (LIGHT, FIND, STOP)


def example(*calls: Call, name: str = "a") -> Example:
    return Example(name, 2, "message", calls)


def score(gold: tuple[Call, ...], raw: str | tuple[Call, ...]) -> Report:
    return score_rows([example(*gold)], [raw if isinstance(raw, str) else FORMAT.completion(raw)], TOOLS, FORMAT)


def light(**arguments: Any) -> tuple[Call, ...]:
    return (Call("set_light", arguments),)


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [
        (light(level=1), light(level=1.0)),
        (light(note="two  words "), light(note="two words")),
        (light(note="caf\u00e9"), light(note="cafe\u0301")),
        (light(level=1, note=None), light(level=1)),
        (light(tags=["a", "b"], at={"hour": 7}), light(at={"hour": 7}, tags=["a", "b"])),
        ((Call("stop"), *light(level=1)), (*light(level=1), Call("stop"))),
        ((*light(level=1), *light(level=2)), (*light(level=2), *light(level=1))),
    ],
)
def test_right_answers(gold: tuple[Call, ...], predicted: tuple[Call, ...]) -> None:
    report = score(gold, predicted)
    assert report.combined.k == 1
    assert report.error_classes == {}


@pytest.mark.parametrize(
    ("gold", "raw", "error_class", "detail"),
    [
        (light(level=1), "I cannot.", "no_call", "set_light was not called"),
        ((*light(level=1), Call("stop")), light(level=1), "no_call", "stop was not called"),
        (light(level=1), "<start_function_call>call:set_light{", "unparsed", "outside a complete call"),
        (light(level=1), "", "no_call", "light was not called"),
        (light(level=1), (Call("fly"),), "unknown_tool", "fly"),
        (light(level=1), (Call("stop"),), "wrong_tool", "stop instead of set_light"),
        (light(level=1), light(level=1) * 2, "extra_call", "set_light was called twice"),
        (light(level=1), (*light(level=1), Call("stop")), "extra_call", "stop was called without need"),
        ((), (Call("stop"),), "extra_call", "stop"),
        (light(level=1, on=True), light(level=1), "missing_arg", "on is missing"),
        (light(level=1), light(level=1, on=True), "extra_arg", "on was not expected"),
        (light(level=1), light(level=1.5), "wrong_type", "1.5 instead of 1"),
        (light(level=1), light(level=True), "wrong_type", "true instead of 1"),
        (light(on=True), light(on=1), "wrong_type", "1 instead of true"),
        (light(room="Hall"), light(room="hall"), "enum_violation", '"hall" instead of "Hall"'),
        (light(room="Hall"), light(room="kitchen"), "wrong_value", "kitchen"),
        (light(tags=["a", "b"]), light(tags=["b", "a"]), "wrong_value", '["b", "a"] instead of ["a", "b"]'),
        (light(share=0.5), light(share=0.25), "wrong_value", "0.25 instead of 0.5"),
    ],
)
def test_wrong_answers(gold: tuple[Call, ...], raw: str | tuple[Call, ...], error_class: str, detail: str) -> None:
    report = score(gold, raw)
    assert report.combined.k == 0
    assert report.error_classes == {error_class: 1}
    assert detail in report.rows[0].detail


def test_the_normalised_column_is_beside_the_exact_one() -> None:
    report = score(light(note="Main-Street 5."), light(note="main street 5"))
    assert report.combined.k == 0
    assert report.combined_normalised.k == 1


TIMER = Tool(
    "timer",
    "Starts a timer.",
    {
        "type": "object",
        "properties": {
            "minutes": {"type": "integer"},
            "repeat": {"type": "boolean", "default": False},
            "sound": {"type": "object", "properties": {"name": {"type": "string", "default": "bell"}}},
        },
        "required": ["minutes"],
    },
)


@pytest.mark.parametrize(
    ("gold", "predicted", "right"),
    [
        ({"minutes": 5}, {"minutes": 5, "repeat": False}, True),
        ({"minutes": 5, "repeat": False}, {"minutes": 5}, True),
        ({"minutes": 5, "sound": {}}, {"minutes": 5, "sound": {"name": "bell"}}, True),
        ({"minutes": 5}, {"minutes": 5, "repeat": True}, False),
        ({"minutes": 5}, {"minutes": 6, "repeat": False}, False),
        ({"minutes": 5, "sound": {}}, {"minutes": 5, "sound": {"name": "gong"}}, False),
    ],
)
def test_a_default_counts_in_a_column_of_its_own(gold: dict[str, Any], predicted: dict[str, Any], right: bool) -> None:
    rows, raw = [example(Call("timer", gold))], [FORMAT.completion((Call("timer", predicted),))]
    report = score_rows(rows, raw, [TIMER], FORMAT)
    assert report.combined.k == 0
    assert report.combined_with_defaults is not None
    assert report.combined_with_defaults.k == right
    assert report.rows[0].right_with_defaults is right
    again = Report.from_field(Field("report", json.loads(json.dumps(report.to_dict()))))
    assert again == report


def test_a_file_of_an_earlier_version_has_no_such_column() -> None:
    written = json.loads(json.dumps(score(light(level=1), light(level=1)).to_dict()))
    del written["combined_with_defaults"], written["rows"][0]["right_with_defaults"]
    read = Report.from_field(Field("report", written))
    assert (read.combined_with_defaults, read.rows[0].right_with_defaults) == (None, None)


def test_totals_tools_and_confusions_of_a_small_set() -> None:
    gold = [(Call("find", {"query": "a"}),), (Call("find", {"query": "b"}),), light(level=1), (), (Call("stop"),)]
    raw = [
        FORMAT.completion((Call("find", {"query": "a"}),)),
        FORMAT.completion(light(level=1)),
        FORMAT.completion(light(level=2)),
        "Sorry.",
        "<pad>",
    ]
    examples = [example(*calls, name=str(at)) for at, calls in enumerate(gold)]
    report = score_rows(examples, raw, TOOLS, FORMAT)
    assert (report.parse.k, report.tool.k, report.combined.k, report.n) == (4, 3, 2, 5)
    assert (report.argument.k, report.argument.n) == (2, 3)
    assert report.false_call.n == 1
    assert report.false_call.k == 0
    assert (report.missed_call.k, report.missed_call.n) == (0, 4)
    find = report.per_tool["find"]
    assert (find.support, find.recall.k, find.precision.n, find.combined.k) == (2, 1, 1, 1)
    assert report.per_tool["set_light"].precision.k == 1
    assert report.per_tool["set_light"].precision.n == 2
    assert report.macro_combined == pytest.approx((0.5 + 0 + 0) / 3)
    assert report.confusion == {
        "set_light": {"set_light": 1},
        "find": {"find": 1, "set_light": 1},
        "stop": {"unparsed": 1},
        "no call": {"no call": 1},
    }


def test_evaluation_json_pairs_the_models() -> None:
    examples = [example(Call("stop"), name=str(at)) for at in range(6)]
    right, wrong = FORMAT.completion((Call("stop"),)), "No."
    tuned = score_rows(examples, [right] * 6, TOOLS, FORMAT)
    base = score_rows(examples, [wrong] * 6, TOOLS, FORMAT)
    found = json.loads(json.dumps(build_evaluation(tuned, base, Setup(model="m")).to_dict()))
    assert found["mcnemar"] == {"worse": 0, "better": 6, "p": 0.03125}
    assert found["tuned"]["combined"]["value"] == 1
    assert found["verdict"]["state"] == "undecided"
    assert found["model"] == "m"
    assert build_evaluation(tuned, None, Setup()).base is None
    assert found["floor"] is None
    full = build_evaluation(
        tuned, base, Setup(), ngram_baseline=base, probes={"typos": base}, train_rows={"stop": 9}
    ).to_dict()
    assert full["floor_mcnemar"]["better"] == 6
    assert full["probes"]["typos"]["combined"]["k"] == 0
    assert full["probes"]["typos"]["broken"] == [row.id for row in tuned.rows]
    assert full["advice"][0]["kind"] == "done"
    with pytest.raises(ValueError, match="same rows"):
        build_evaluation(tuned, score_rows(examples[:5], [wrong] * 5, TOOLS, FORMAT), Setup())


values = st.integers(-3, 3) | st.sampled_from(["a", "A", "a b"]) | st.booleans()
calls = st.builds(Call, st.sampled_from(["find", "stop", "fly"]), st.dictionaries(st.sampled_from("qr"), values))


@given(st.lists(st.tuples(st.lists(calls, max_size=2), st.lists(calls, max_size=3) | st.just("text")), max_size=8))
def test_the_figures_agree_with_each_other(rows: list[tuple[list[Call], list[Call] | str]]) -> None:
    known = [[call for call in gold if call.name != "fly"] for gold, _ in rows]
    examples = [example(*gold, name=str(at)) for at, gold in enumerate(known)]
    raw = [given if isinstance(given, str) else FORMAT.completion(given) for _, given in rows]
    report = score_rows(examples, raw, TOOLS, FORMAT)
    assert report.combined.k <= report.tool.k <= report.parse.k <= report.n
    assert report.combined.k <= report.combined_normalised.k
    assert sum(report.error_classes.values()) == report.n - report.combined.k
    if report.n and report.tool.k:
        assert report.combined.value == pytest.approx(report.tool.value * report.argument.value)
    assert all((row.error_class is None) == row.right for row in report.rows)
    assert score_rows(examples, [FORMAT.completion(gold) for gold in known], TOOLS, FORMAT).combined.k == report.n


def test_arguments_are_counted_where_the_tools_are_right() -> None:
    gold = [light(level=1, on=True), light(level=2), light(level=3), (Call("find", {"query": "x"}),)]
    given = [light(level=1), light(level=2), (Call("stop"),), (Call("find", {"query": "x"}),)]
    examples = [example(*calls, name=str(at)) for at, calls in enumerate(gold)]
    report = score_rows(examples, [FORMAT.completion(calls) for calls in given], TOOLS, FORMAT)
    counts = {
        f"{tool}.{name}": (rate.k, rate.n)
        for tool, found in report.per_argument.items()
        for name, rate in found.items()
    }
    assert counts == {"find.query": (1, 1), "set_light.level": (2, 2), "set_light.on": (0, 1)}
