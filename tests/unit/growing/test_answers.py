"""Reading rows out of what a model wrote: whatever stands around them, wherever it was cut, however large it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.growing.answers import LONGEST_MESSAGE, MOST_ITEMS, WrittenRow, read_labels, read_rows
from backend.records import Call
from tests.unit.growing.sets import answer

WHOLE = answer(
    (1, "Lamp on", "set_light", {"room": "hall"}),
    (2, 'Say "{hi}" [to] Nena', "play_music", {"query": "{hi}"}),
    (3, "What is the time", "", {}),
)
ROWS = (
    WrittenRow(1, "Lamp on", (Call("set_light", {"room": "hall"}),)),
    WrittenRow(2, 'Say "{hi}" [to] Nena', (Call("play_music", {"query": "{hi}"}),)),
    WrittenRow(3, "What is the time", ()),
)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        json.dumps(json.loads(WHOLE), indent=2),
        f"Sure! Here are the rows you {{asked}} for:\n\n```json\n{WHOLE}\n```\nLet me know if you need more.",
        f'<think>Maybe {{"rows": [{{"n": 9, "message": "x", "calls": []}}]}}?</think>{WHOLE}',
        "\n".join(json.dumps(row) for row in json.loads(WHOLE)["rows"]),
        json.dumps(json.loads(WHOLE)["rows"]),
    ],
    ids=["plain", "indented", "prose and fence", "thoughts", "JSON lines", "a bare list"],
)
def test_rows_are_found(text: str) -> None:
    assert read_rows(text).rows == ROWS


@pytest.mark.parametrize("end", range(1, len(WHOLE)))
def test_a_cut_answer_gives_its_whole_rows(end: int) -> None:
    found = read_rows(WHOLE[:end]).rows
    assert found == ROWS[: len(found)]
    ends = [WHOLE.index("}]}") + 3, WHOLE.index("}]}", WHOLE.index("}]}") + 3) + 3]
    assert len(found) == (3 if end >= WHOLE.index('"calls": []}') + 12 else sum(end >= place for place in ends))


@pytest.mark.parametrize(
    "item",
    [
        {"n": 1, "message": 5, "calls": []},
        {"n": 1, "message": "x" * (LONGEST_MESSAGE + 1), "calls": []},
        {"n": 1, "message": "half \ud800", "calls": []},
        {"n": 1, "message": "x"},
        {"n": 1, "message": "x", "calls": "set_light()"},
        {"n": 1, "message": "x", "calls": [{"name": 1, "arguments": {}}]},
        {"n": 1, "message": "x", "calls": [{"name": "a", "arguments": "room=hall"}]},
        {"n": 1, "message": "x", "calls": [{"name": "a", "arguments": {"q": "y" * 20_000}}]},
        {"n": 1, "message": "x", "calls": [{"name": "a", "arguments": {"q": "\udfff"}}]},
    ],
)
def test_an_object_that_is_no_row_is_counted(item: dict[str, object]) -> None:
    read = read_rows(json.dumps({"rows": [item]}))
    assert (read.rows, read.unreadable) == ((), 1)


@pytest.mark.parametrize("number", [None, 0, -3, 1.5, "1", True, 10**30])
def test_a_strange_number_is_none(number: object) -> None:
    (row,) = read_rows(json.dumps({"rows": [{"n": number, "message": "x", "calls": []}]})).rows
    assert row.number is None


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000_000,
        '{"a":' * 2_000_000,
        '{"' * 5_000_000,
        '{"rows": [' + '{"n": 1, "message": "a", "calls": []},' * 200_000,
        '{"n": ' + "9" * 10_000_000,
        '{"message": NaN, "calls": []}',
        "<think>" * 1_000_000,
        "",
    ],
    ids=["letters", "nested", "open", "many", "digits", "nan", "thoughts", "empty"],
)
def test_a_hostile_answer_is_read_within_bounds(text: str) -> None:
    assert len(read_rows(text).rows) <= MOST_ITEMS
    assert len(read_labels(text)) <= MOST_ITEMS


@given(st.text())
def test_no_text_raises(text: str) -> None:
    read_rows(text)
    read_labels('{"labels": [' + text)


def test_labels_are_read_by_number_and_a_contradiction_is_none() -> None:
    items = [
        {"n": 1, "calls": [{"name": "a", "arguments": {}}]},
        {"n": 2, "calls": []},
        {"n": 2, "calls": [{"name": "a", "arguments": {}}]},
        {"n": None, "calls": []},
    ]
    assert read_labels(json.dumps({"labels": items})) == {1: (Call("a", {}),)}
