"""Any JSON is read as rows or left out with a reason, and what is read is read again without a change."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.data import check_files
from backend.data.imports.labels import answer_cells, calls_cell
from backend.data.imports.looking import ROW_READERS
from backend.data.imports.records import ImportedRow, LeftOut, RowReader
from tests.unit.imports.made_files import TOOL, content, imported, lines, rows_of, written

NAMES = """messages conversations contents prompt completion role from content value parts text chat system tools
functions function name arguments args tool_calls function_call user_message query answers question ground_truth id
answer user_content tool_name tool_arguments metadata split weight instruction input output functionCall"""
KEYS = st.sampled_from(NAMES.split())
WORDS = st.sampled_from(["user", "assistant", "human", "gpt", "model", "system", "tool", "train", "eval", "[]", "{}"])
TEXTS = (
    WORDS | st.text(max_size=8) | st.sampled_from(['[{"role": "user", "content": "Hi"}]', '{"name": "a", "args": {}}'])
)
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, width=16) | TEXTS
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=14
)
OTHERS = st.dictionaries(KEYS, JSON, max_size=4)
TURNS = st.lists(st.builds(lambda role, other: {"role": role, **other}, WORDS, OTHERS), min_size=1, max_size=4)
CHATS = st.lists(st.builds(lambda role, said: f"{role}: {said}", st.sampled_from(["USER", "ASSISTANT"]), TEXTS))
SHAPES = {
    "messages": TURNS,
    "conversations": TURNS,
    "contents": TURNS,
    "chat": CHATS.map("\n\n".join),
    "text": CHATS.map(lambda turns: "".join(f"<start_of_turn>{turn.lower().replace(':', '')}" for turn in turns)),
    "query": TEXTS,
    "user_content": TEXTS,
    "user_message": JSON,
    "question": st.lists(TURNS, min_size=1, max_size=2) | TURNS.map(json.dumps),
}
RECORDS = st.one_of(
    OTHERS,
    *(
        st.builds(lambda key, value, other: {**other, key: value}, st.just(key), shape, OTHERS)
        for key, shape in SHAPES.items()
    ),
)


@pytest.mark.parametrize("reader", ROW_READERS, ids=lambda reader: reader.name)
@settings(max_examples=80, deadline=None)
@given(RECORDS)
def test_any_record_is_a_row_or_left_out(reader: RowReader, record: dict[str, Any]) -> None:
    if not reader.reads(record):
        return
    try:
        row = reader.row(record)
    except LeftOut as reason:
        row = ImportedRow(str(reason), "left out")
    assert all(isinstance(cell, str) for cell in (row.message, row.calls, row.answer, row.split))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RECORDS, max_size=4))
def test_any_file_is_counted_whole(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    sound = {"user_message": "Halt", "tool_calls": [], "tools": [TOOL]}
    read = imported(lines(tmp_path, "rows.jsonl", [*[sound] * 60, *records]))
    left_out = sum(map(len, read.summary.left_out.values()))
    assert read.summary.rows + left_out == 60 + len(records)
    assert len(rows_of(read)) == read.summary.rows


CALLS = st.lists(
    st.fixed_dictionaries(
        {"name": st.text(min_size=1, max_size=5), "arguments": st.dictionaries(st.text(max_size=3), LEAVES, max_size=3)}
    ),
    max_size=3,
)


@given(CALLS)
def test_every_form_of_calls_is_the_same_cell(calls: list[dict[str, Any]]) -> None:
    cell = calls_cell(calls)
    assert json.loads(cell) == [{"name": call["name"], "args": call["arguments"]} for call in calls]
    texts = [{**call, "arguments": json.dumps(call["arguments"])} for call in calls]
    wrapped = [{"id": "1", "type": "function", "function": call} for call in texts]
    for form in (json.dumps(calls), texts, wrapped, json.dumps(wrapped), cell):
        assert calls_cell(form) == cell


@given(st.text(max_size=40))
def test_thoughts_before_an_answer_are_not_carried_over(text: str) -> None:
    assert answer_cells(f"<think>\nWhich [tool]?\n</think>\n{text}") == answer_cells(text)


@given(st.text(max_size=40))
def test_no_text_is_both_a_label_and_an_answer(text: str) -> None:
    calls, answer = answer_cells(text)
    assert calls == "[]" or not answer
    assert answer in ("", text.strip()) or text.strip().startswith("<")


MESSAGES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MESSAGES, min_size=1, max_size=5))
def test_the_csv_gives_every_message_back(tmp_path: Path, messages: list[str]) -> None:
    """As the rules read it, as another reader of CSV does, and as this import does."""
    call = {"name": "set_light", "arguments": {"room": "hall"}}
    path = lines(
        tmp_path, "rows.jsonl", [{"user_message": text, "tool_calls": [call], "tools": [TOOL]} for text in messages]
    )
    read = imported(path)
    dataset, tools = written(tmp_path, "rows.csv", read.dataset), written(tmp_path, "tools.json", read.tools)
    assert [row.user_message for row in check_files(dataset, tools).table] == messages
    assert [row["user_message"] for row in csv.DictReader(io.StringIO(content(read.dataset), newline=""))] == messages
    again = imported(dataset, tools)
    assert (again.dataset, again.tools, again.summary.line) == (dataset, tools, "")
