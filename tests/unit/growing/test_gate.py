"""The gate: every reason for which a row is refused, and what is shown of a kept one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.growing.answers import WrittenRow
from backend.growing.gate import MOST_OF_TEMPLATE, Gate, Judged, Reason
from backend.growing.orders import Order
from backend.records import Call
from tests.unit.growing.sets import HELD_OUT, material, silent

HALL = (Call("set_light", {"room": "hall"}),)
JAZZ = (Call("play_music", {"query": "jazz"}),)
ORDERS = (
    Order("set_light", "order", "en", {"room": "hall"}),
    Order("set_light", "order", "en", {}, ("warm",)),
    Order("play_music", "order", "en"),
    Order("", "near miss", "en"),
    Order("", "off-topic", "en"),
)


def judge(gate: Gate, *rows: WrittenRow, asked: tuple[int, ...] = (0,)) -> list[Judged]:
    return gate.settle(gate.sift(rows, asked), None)


@pytest.mark.parametrize(
    ("message", "calls", "reason", "detail"),
    [
        ("Please shine in the hallway", HALL, None, ""),
        ("Please shine in the hallway", (Call("set_light", {"room": "attic"}),), "rule", "attic"),
        ("Please shine in the hallway", (Call("shine", {}),), "rule", "shine"),
        ("Please shine in the hallway", (), "rule", "list of calls is empty"),
        ("Please shine in the hallway", (*HALL, *JAZZ), "rule", ""),
        ("Call set_light for the hallway", HALL, "rule", "set_light"),
        ("Shine <start_function_call> there", HALL, "rule", "control token"),
        ("Shine\x00 in the hallway", HALL, "rule", "control characters"),
        ("Hallway light on, variant 3", HALL, "rule", "placeholder"),
        ("dim the HALL to twenty!", HALL, "repeated", "Dim the hall to twenty"),
        ("Dim the halls to twenty", HALL, "repeated", "Dim the hall to twenty"),
        (HELD_OUT[0][0].lower(), HALL, "held-out", ""),
        ("Zebra lamp in the cellar hall, quickly", HALL, "held-out", ""),
        ("Please shine where I cook", (Call("set_light", {"room": "kitchen"}),), "other call", '"hall" was asked for'),
        ("Please sing in the hallway", JAZZ, "other call", "set_light was asked for"),
    ],
)
def test_each_reason(tmp_path: Path, message: str, calls: tuple[Call, ...], reason: Reason | None, detail: str) -> None:
    (judged,) = judge(Gate(material(tmp_path), ORDERS), WrittenRow(1, message, calls))
    assert judged.reason == reason
    assert detail in judged.detail


def test_the_text_of_a_held_out_row_is_not_told(tmp_path: Path) -> None:
    (judged,) = judge(Gate(material(tmp_path), ORDERS), WrittenRow(1, HELD_OUT[0][0], HALL))
    assert "cellar" not in judged.detail


def test_an_argument_that_was_to_be_left_out_is_refused(tmp_path: Path) -> None:
    warm = (Call("set_light", {"room": "hall", "warm": True}),)
    (judged,) = judge(Gate(material(tmp_path), ORDERS), WrittenRow(1, "Cosy glow by the coats", warm), asked=(1,))
    assert (judged.reason, judged.detail) == ("other call", "it has warm, which was to be left out")


def test_more_rows_than_asked_are_refused(tmp_path: Path) -> None:
    rows = [WrittenRow(None, text, HALL) for text in ("Shine where the coats hang", "Corridor bulb, full power")]
    first, second = judge(Gate(material(tmp_path), ORDERS), *rows)
    assert (first.reason, first.order) == (None, 0)
    assert (second.reason, second.order) == ("too many", None)


def test_a_row_without_a_number_gets_an_order_that_it_fulfils(tmp_path: Path) -> None:
    found = judge(Gate(material(tmp_path), ORDERS), WrittenRow(7, "Put a waltz on", JAZZ), asked=(0, 2))
    assert [(one.order, one.reason) for one in found] == [(2, None)]


def test_a_repetition_in_one_answer_and_in_a_later_one_is_refused(tmp_path: Path) -> None:
    gate = Gate(material(tmp_path), ORDERS)
    text = "Shine where the coats hang"
    first, second = judge(gate, WrittenRow(1, text, HALL), WrittenRow(2, text + "!", HALL), asked=(0, 1))
    assert (first.reason, second.reason, second.detail) == (None, "repeated", text)
    (third,) = judge(gate, WrittenRow(1, text.upper(), HALL), asked=(1,))
    assert third.reason == "repeated"


def test_a_row_is_kept_only_if_the_second_label_is_the_same(tmp_path: Path) -> None:
    found = material(tmp_path)
    row = WrittenRow(1, "Please shine in the hallway", HALL)
    kitchen = (Call("set_light", {"room": "kitchen"}),)
    cases: list[tuple[dict[int, tuple[Call, ...]] | None, Reason | None, bool]] = [
        (None, None, False),
        ({}, "no label", False),
        ({2: HALL}, "no label", False),
        ({1: kitchen}, "other label", False),
        ({1: HALL}, None, True),
    ]
    for labels, reason, twice in cases:
        gate = Gate(found, ORDERS)
        (judged,) = gate.settle(gate.sift([row], (0,)), labels)
        assert (judged.reason, judged.labelled_twice) == (reason, twice)
        assert (0 in gate.kept) == (reason is None)


def test_labels_are_numbered_over_the_rows_that_were_not_refused_before(tmp_path: Path) -> None:
    gate = Gate(material(tmp_path), ORDERS)
    rows = [WrittenRow(1, HELD_OUT[0][0], HALL), WrittenRow(2, "Please shine in the hallway", HALL)]
    first, second = gate.settle(gate.sift(rows, (0, 1)), {1: HALL})
    assert (first.reason, second.reason) == ("held-out", None)


def test_the_ngram_classifiers_doubt_is_shown_and_not_refused(tmp_path: Path) -> None:
    music = (Call("play_music", {"query": "hall lights"}),)
    (judged,) = judge(
        Gate(material(tmp_path), ORDERS), WrittenRow(1, "Lights in the hall, kitchen, dim", music), asked=(2,)
    )
    assert (judged.reason, judged.doubt) == (None, "set_light")


def test_rows_of_one_template_are_refused_after_the_first_few(tmp_path: Path) -> None:
    words = ["waltz", "tango", "polka", "samba", "mambo", "rumba", "swing", "blues"]
    rows = [WrittenRow(at, word, (Call("play_music", {"query": word}),)) for at, word in enumerate(words, 1)]
    gate = Gate(material(tmp_path), tuple(replace(ORDERS[2]) for _ in words))
    short = [replace(row, message=f"{word} tunes, I say, {word * 4}") for row, word in zip(rows, words, strict=True)]
    refused = [one.reason for one in judge(gate, *short, asked=tuple(range(8)))]
    assert refused == [None] * 8
    other = Gate(material(tmp_path), tuple(replace(ORDERS[2]) for _ in words))
    frames = [replace(row, message=f"put {word * 5} on for us") for row, word in zip(rows, words, strict=True)]
    assert [one.reason for one in judge(other, *frames, asked=tuple(range(8)))] == (
        [None] * MOST_OF_TEMPLATE + ["template"] * (8 - MOST_OF_TEMPLATE)
    )


def test_silence_near_misses_and_off_topic_rows(tmp_path: Path) -> None:
    gate = Gate(silent(tmp_path), ORDERS)
    rows = [
        WrittenRow(1, "How many watts does the old bulb need", ()),
        WrittenRow(2, "Who won the last election in Peru", ()),
    ]
    assert [one.reason for one in judge(gate, *rows, asked=(3, 4))] == [None, None]
    rows = [
        WrittenRow(1, "Make the hallway bright again", HALL),
        WrittenRow(2, "Which song should I learn to play first on a kitchen piano", ()),
    ]
    found = judge(Gate(silent(tmp_path), ORDERS), *rows, asked=(3, 4))
    assert [one.reason for one in found] == ["other call", "asked for"]
