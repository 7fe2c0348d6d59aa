"""No error is without a way out: a fix, leaving the row out, or a sentence on what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files
from backend.data.fixing import ALL, plan_fixes
from backend.data.rows import LEAVE_OUT, has_own_way_out
from backend.data.rules import all_rules
from backend.errors import InputError
from tests.unit.data import broken_csv, broken_rows, broken_schemas, broken_sets, broken_tools
from tests.unit.data.builders import ROWS, TOOLS, Case, call, csv_lines, csv_of, quoted, write_files

OPTIONS = CheckOptions(declarations="none")
CASES = [*broken_csv.CASES, *broken_rows.CASES, *broken_sets.CASES, *broken_tools.CASES, *broken_schemas.CASES]
SPLIT_ROWS = [
    ("Play jazz", call("play_music", query="jazz"), "train"),
    ("Lights on", call("set_light", room="hall"), "train"),
    ("play jazz!", call("play_music", query="jazz"), "test"),
    ("Hall, light", call("set_light", room="hall"), "test"),
    ("Some music", call("play_music", query="any"), "train"),
]
SPLIT = "user_message,tool_calls,split\n" + "\n".join(quoted(*row) for row in SPLIT_ROWS) + "\n"


def test_every_rule_on_errors_has_a_way_out() -> None:
    without = [
        rule.code
        for rule in all_rules()
        if rule.severity == "error" and rule.fixer is None and not has_own_way_out(rule.code, rule.scope)
    ]
    assert without == []


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_every_error_says_its_way_out_and_rows_that_are_left_out_end_it(case: Case, tmp_path: Path) -> None:
    files = write_files(tmp_path, case.csv, case.tools)
    report = check_files(*files, case.options)
    errors = [issue for issue in report.issues if issue.severity == "error"]
    assert all(bool(issue.fix) != bool(issue.way_out) for issue in errors)
    assert not any(issue.way_out for issue in report.issues if issue.severity != "error")
    lines = {issue.line for issue in errors if issue.way_out == LEAVE_OUT}
    if not lines:
        return
    planned = plan_fixes(*files, case.options, (), leave_out_codes=[ALL])
    assert set(planned.dropped_lines) >= lines
    after = check_files(*write_files(tmp_path, planned.csv_text, planned.tools_text), case.options)
    assert not [issue for issue in after.issues if issue.way_out == LEAVE_OUT]
    assert after.rows == report.rows - len(set(planned.dropped_lines))
    again = plan_fixes(*files, case.options, (), leave_out_codes=[ALL])
    assert again.changes == ()


def test_rows_are_left_out_by_rule_and_by_line(tmp_path: Path) -> None:
    csv = csv_lines("one cell", quoted("Bad", "["), quoted("Worse", "{"), quoted("", ROWS[3][1]))
    files = write_files(tmp_path, csv, TOOLS)

    def left_out(codes: list[str], lines: list[int] | None = None) -> list[tuple[int, str]]:
        planned = plan_fixes(*files, OPTIONS, (), lines, codes)
        return [(change.line, change.code) for change in planned.changes if change.dropped]

    assert left_out(["calls-not-json"]) == [(9, "calls-not-json"), (10, "calls-not-json")]
    assert left_out(["calls-not-json"], [10]) == [(10, "calls-not-json")]
    assert left_out(["message-empty"]) == [(11, "message-empty")]
    assert [line for line, _ in left_out([ALL])] == [8, 9, 10, 11]
    assert plan_fixes(*files, OPTIONS, (), None, [ALL]).csv_text == csv_of()


def test_a_row_with_a_fix_is_not_left_out(tmp_path: Path) -> None:
    csv = csv_of([("Hall, please", call("set_light", room="Hall"))])
    files = write_files(tmp_path, csv, TOOLS)
    assert plan_fixes(*files, OPTIONS, (), leave_out_codes=[ALL]).changes == ()


def test_only_errors_of_rows_can_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="calls-not-json"):
        plan_fixes(*write_files(tmp_path, csv_of(), TOOLS), OPTIONS, leave_out_codes=["tools-union"])


def test_rows_over_the_token_budget_are_left_out(tmp_path: Path) -> None:
    words = [" ".join(f"{at * 7919 + n * 104729:x}" for n in range(90)) for at in range(30)]
    csv = csv_of([(f"Play {text}", call("play_music", query="soul")) for text in words])
    options = CheckOptions(declarations="none", kv_cache_max_len=128)
    planned = plan_fixes(*write_files(tmp_path, csv, TOOLS), options, (), leave_out_codes=["tokens-over-cache"])
    assert planned.csv_text == csv_of()


def test_training_rows_that_are_tested_are_taken_out(tmp_path: Path) -> None:
    planned = plan_fixes(*write_files(tmp_path, SPLIT, TOOLS), OPTIONS, ["set-test-row-in-train"])
    assert planned.dropped_lines == (2,)
    assert check_files(*write_files(tmp_path, planned.csv_text, TOOLS), OPTIONS).ok


def test_a_tool_without_rows_is_marked_as_a_contrast(tmp_path: Path) -> None:
    tools = [*TOOLS, broken_sets.LISTED]
    planned = plan_fixes(*write_files(tmp_path, csv_of(), tools), OPTIONS, ["set-tool-without-rows"])
    assert planned.csv_text == csv_of()
    files = write_files(tmp_path, planned.csv_text, planned.tools_text)
    assert check_files(*files, OPTIONS).ok
    assert plan_fixes(*files, OPTIONS, ["set-tool-without-rows"]).changes == ()


@pytest.mark.parametrize(
    ("header", "code", "fixed"),
    [
        ("prompt,tool_calls", "csv-column-missing", '"user_message","tool_calls"'),
        ("text,output", "csv-column-missing", '"user_message","tool_calls"'),
        ("user_message,calls", "csv-column-missing", '"user_message","tool_calls"'),
        ("user_message,tool_calls,User Message", "csv-column-twice", '"user_message","tool_calls","user_message_3"'),
    ],
)
def test_columns_are_renamed(header: str, code: str, fixed: str, tmp_path: Path) -> None:
    extra = [""] * (header.count(",") - 1)
    rows = "\n".join(quoted(*row, *extra) for row in ROWS) + "\n"
    planned = plan_fixes(*write_files(tmp_path, f"{header}\n{rows}", TOOLS), OPTIONS, [code])
    assert planned.csv_text == f"{fixed}\n{rows}"
    assert check_files(*write_files(tmp_path, planned.csv_text, TOOLS), OPTIONS).ok
