"""Files of several kinds: BFCL's two files, spreadsheets, TSV, Arrow's nulls, and archives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.errors import InputError
from tests.unit.imports.made_files import (
    ASKED,
    CALL,
    CALLED,
    CELL,
    FUNCTION,
    TOOL,
    content,
    imported,
    lines,
    ods,
    parquet,
    rows_of,
    written,
    xlsx,
    zipped,
)

BFCL = {"id": "parallel_0", "question": [[ASKED]], "function": [{**FUNCTION, "parameters": {"type": "dict"}}]}
TRUTH = [
    {"set_light": {"room": ["hall", "Hall"], "warm": [""], "level": [10, ""]}},
    {"set_light": {"room": ["bath"], "scene": [{"name": ["dim", "dimmed"], "speed": [""]}]}},
]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_bfcls_two_files_are_joined_by_id(order: tuple[int, int], tmp_path: Path) -> None:
    files = [
        lines(tmp_path, "questions.json", [BFCL, {**BFCL, "id": "irrelevance_1"}]),
        lines(tmp_path, "answers.json", [{"id": "parallel_0", "ground_truth": TRUTH}, {"id": "x", "ground_truth": []}]),
    ]
    read = imported(*(files[at] for at in order))
    first, second = rows_of(read)
    assert json.loads(first["tool_calls"]) == [
        {"name": "set_light", "args": {"room": "hall", "level": 10}},
        {"name": "set_light", "args": {"room": "bath", "scene": {"name": "dim"}}},
    ]
    assert second["tool_calls"] == "[]"
    assert "1 row has several right answers, of which the first was taken." in read.summary.details
    assert read.summary.tools == 1


def test_bfcls_questions_alone_say_where_the_answers_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"in BFCL's other file, possible_answer"):
        imported(lines(tmp_path, "questions.json", [BFCL, BFCL]))
    with pytest.raises(InputError, match="answers without their questions"):
        imported(lines(tmp_path, "answers.json", [{"id": "parallel_0", "ground_truth": TRUTH}] * 2))


TABLE = [["user_message", "tool_calls"], ["Hall light", CELL], ["", ""], ["=1+1", CELL]]
TUNING_LAB = [["Hall light", "set_light", '{"room": "hall"}'], ["=1+1", "set_light", '{"room": "hall"}']]


@pytest.mark.parametrize("rows", [TABLE, TUNING_LAB, [["user_content", "tool_name", "tool_arguments"], *TUNING_LAB]])
@pytest.mark.parametrize("kind", ["xlsx", "ods", "tsv"])
def test_a_table_is_read_with_and_without_a_header(kind: str, rows: list[list[str]], tmp_path: Path) -> None:
    make = {
        "xlsx": lambda: xlsx(tmp_path / "rows.xlsx", rows),
        "ods": lambda: ods(tmp_path / "rows.ods", rows),
        "tsv": lambda: written(tmp_path, "rows.tsv", "".join("\t".join(row) + "\n" for row in rows)),
    }[kind]
    tools = written(tmp_path, "tools.json", [TOOL])
    read = imported(make(), tools)
    assert f"({kind.upper()}): 2 rows, 1 tool." in read.summary.line
    assert [(row["user_message"], row["tool_calls"]) for row in rows_of(read)] == [("Hall light", CELL), ("=1+1", CELL)]
    unit = "line" if kind == "tsv" else "row"
    numbers = [at for at, row in enumerate(rows, 1) if row[0] in ("Hall light", "=1+1")]
    assert [row["imported_from"] for row in rows_of(read)] == [f"{unit} {number}" for number in numbers]
    assert read.tools == tools


def test_numbers_of_a_sheet_are_written_as_json_does(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "rows.xlsx", [["user_content", "tool_name", "tool_arguments"], [5, "stop", ""], [2.5, "", ""]]
    )
    read = imported(path, written(tmp_path, "tools.json", [TOOL]))
    assert [row["user_message"] for row in rows_of(read)] == ["5", "2.5"]
    assert [row["tool_calls"] for row in rows_of(read)] == ['[{"name": "stop", "args": {}}]', "[]"]


def test_arrows_nulls_for_absent_keys_are_dropped(tmp_path: Path) -> None:
    other = {"type": "function", "function": {"name": "stop", "description": "Stop.", "parameters": {"type": "object"}}}
    called = {"role": "assistant", "tool_calls": [{"function": {"name": "stop", "arguments": {"now": {"x": 1}}}}]}
    rows = [{"messages": [ASKED, CALLED], "tools": [TOOL]}, {"messages": [ASKED, called], "tools": [other]}]
    read = imported(parquet(tmp_path / "rows.parquet", rows))
    assert [row["tool_calls"] for row in rows_of(read)] == [CELL, '[{"name": "stop", "args": {"now": {"x": 1}}}]']
    assert json.loads(content(read.tools)) == [TOOL, other]


def test_an_archive_gives_its_files_whatever_they_are_called(tmp_path: Path) -> None:
    record = json.dumps({"question": "Hall light", "answer": json.dumps(CALL)})
    parts = {
        "data/train.jsonl": record,
        "data/test.jsonl": record,
        "data/job_description.json": json.dumps({"task_description": "x", "tools": [TOOL]}),
        "../../../etc/passwd": "root:x:0",
        "README.md": "# Data",
        "__MACOSX/data/._train.jsonl": "\0\0",
    }
    read = imported(zipped(tmp_path / "set.zip", parts))
    assert [(row["split"], row["imported_from"]) for row in rows_of(read)] == [
        ("train", "data/train.jsonl, item 1"),
        ("test", "data/test.jsonl, item 1"),
    ]
    assert "question and answer rows (zip): 2 rows, 1 tool." in read.summary.line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set.zip"]


def test_the_standard_files_in_an_archive_are_taken_as_they_are(tmp_path: Path) -> None:
    text, tools = 'user_message,tool_calls\n"a",[]\n', json.dumps([TOOL])
    read = imported(zipped(tmp_path / "set.zip", {"rows.csv": text, "tools.json": tools}))
    assert (content(read.dataset), content(read.tools), read.summary.line) == (text, tools, "")
