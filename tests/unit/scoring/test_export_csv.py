"""The rows as CSV: one line each, twins beside them, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring import Setup, build_evaluation, score_rows
from backend.scoring.export_csv import COLUMNS, rows_csv

TOOLS = (Tool("add", "Add a number.", {"type": "object", "properties": {"n": {"type": "integer"}}}),)
FORMAT = get_format("native")
CALLS = (Call("add", {"n": 1}),)
MESSAGES = ['=HYPERLINK("x")', "+1 please", "-1, not 1", "@home add", "\tadd", 'say "add",\nthen stop', "añade uno"]


def test_every_row_stands_in_its_line_with_the_other_answers_beside_it() -> None:
    rows = _table(["add", "add", "unreadable", "add", "none", "add", "add"])
    assert list(rows[0]) == list(COLUMNS)
    assert [row["right"] for row in rows] == ["true", "true", "false", "true", "false", "true", "true"]
    assert [row["base_right"] for row in rows] == ["false"] * 7
    assert [row["floor_right"] for row in rows] == [""] * 7
    assert rows[0]["expected"] == rows[0]["predicted"] == '[{"name": "add", "arguments": {"n": 1}}]'
    assert rows[2]["predicted"] == ""
    assert rows[2]["error_class"] == "unparsed"
    assert rows[4]["predicted"] == "[]"
    assert rows[5]["message"] == MESSAGES[5]
    assert rows[6]["message"] == MESSAGES[6]
    assert [row["probability"] for row in rows] == ["0.125", "0.25", "0.375", "0.5", "0.625", "0.75", "0.875"]


def test_no_cell_is_a_formula() -> None:
    rows = _table(["=1+1"] * 7)
    assert [row["message"] for row in rows[:5]] == [f"'{message}" for message in MESSAGES[:5]]
    assert {row["raw"] for row in rows} == {"'=1+1"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def _table(answers: list[str]) -> list[dict[str, str]]:
    examples = [Example(f"id{at}", at + 2, message, CALLS) for at, message in enumerate(MESSAGES)]
    said = {
        "add": FORMAT.completion(CALLS),
        "none": FORMAT.completion((), "No."),
        "unreadable": "<start_function_call>",
    }
    sure = [0.125 * (at + 1) for at in range(len(answers))]
    tuned = score_rows(examples, [said.get(answer, answer) for answer in answers], TOOLS, FORMAT, sure)
    base = score_rows(examples, ["No."] * len(examples), TOOLS, FORMAT)
    return list(csv.DictReader(io.StringIO(rows_csv(build_evaluation(tuned, base, Setup())), newline="")))
