"""Fixes: planned before they are applied, and what a row, a record, a file and the tools become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.data import CheckOptions, check_files
from backend.data.fixing.fixing import FixPlan, plan_fixes
from backend.errors import InputError
from tests.unit.data.builders import ROWS, TOOLS, argument, call, changed, csv_lines, csv_of, quoted, write_files

JAZZ = call("play_music", query="blues")
OPTIONS = CheckOptions(declarations="none")


def plan(folder: Path, csv: str | bytes, tools: Any = TOOLS, codes: list[str] | None = None) -> FixPlan:
    return plan_fixes(*write_files(folder, csv, tools), OPTIONS, codes)


@pytest.mark.parametrize(
    ("row", "fixed"),
    [
        ((" Play blues ", JAZZ), ("Play blues", JAZZ)),
        (("Play\u200b blues", JAZZ), ("Play blues", JAZZ)),
        (("Cafe\u0301 blues", JAZZ), ("Café blues", JAZZ)),
        (("Play\nblues", JAZZ), ("Play blues", JAZZ)),
        (("Play <eos>blues<end_of_turn>", JAZZ), ("Play blues", JAZZ)),
        (("Play\x07 blues", JAZZ), ("Play blues", JAZZ)),
        (("Play blues", str(json.loads(JAZZ))), ("Play blues", JAZZ)),
        (("Play blues", JAZZ.replace('"', "”")), ("Play blues", JAZZ)),
        (("Play blues", f"```json\n{JAZZ}\n```"), ("Play blues", JAZZ)),
        (("Play blues", JAZZ[:-3] + ",}}]"), ("Play blues", JAZZ)),
        (("CafÃ© blues", JAZZ), ("Café blues", JAZZ)),
        (
            ("Play", "<start_function_call>call:play_music{query:<escape>x<escape>}<end_function_call>"),
            ("Play", call("play_music", query="x")),
        ),
        (("Play blues", json.dumps(JAZZ)), ("Play blues", JAZZ)),
        (("Play blues", JAZZ[1:-1]), ("Play blues", JAZZ)),
        (("Play blues", JAZZ.replace("args", "arguments")), ("Play blues", JAZZ)),
        (("Play blues", '[{"name": "play_music", "arguments": "{\\"query\\": \\"blues\\"}"}]'), ("Play blues", JAZZ)),
        (
            ("Play blues", '{"function": {"name": "play_music", "parameters": {"query": "blues"}}}'),
            ("Play blues", JAZZ),
        ),
        (("Play 5", '[{"name": "play_music", "args": {"query": 5}}]'), ("Play 5", call("play_music", query="5"))),
        (("Hall 5", call("set_light", room="Hall", level="5")), ("Hall 5", call("set_light", room="hall", level=5))),
        (
            ("Warm hall", call("set_light", room="hall", warm="True")),
            ("Warm hall", call("set_light", room="hall", warm=True)),
        ),
        (
            ("Hall", '[{"name": "set_light", "args": {"room": "hall", "level": null}}]'),
            ("Hall", call("set_light", room="hall")),
        ),
        (
            ("Fast", call("set_light", room="hall", scene={"speed": "-2.5"})),
            ("Fast", call("set_light", room="hall", scene={"speed": -2.5})),
        ),
    ],
)
def test_a_row_is_fixed(row: tuple[str, str], fixed: tuple[str, str], tmp_path: Path) -> None:
    planned = plan(tmp_path, csv_of([row]))
    assert planned.csv_text == csv_of([fixed])
    assert {change.line for change in planned.changes} == {8}
    assert planned.dropped_lines == ()


@pytest.mark.parametrize(
    "row",
    [
        ("Play blues", call("play_musik", query="blues")),
        ("Play blues", call("play_music", qery="blues")),
        ("Cellar", call("set_light", room="kitchn")),
        ("Level", call("set_light", room="hall", level="five")),
        ("Level", call("set_light", room="hall", level="007")),
        ("Level", call("set_light", room="hall", level=1.5)),
        ("Warm", call("set_light", room="hall", warm=1)),
        ("Play blues", '[{"name": "play_music"'),
        ("<bos><eos>", JAZZ),
        ("Play", '[{"name": "play_music", "args": {"query": "a<escape>b"}}]'),
    ],
)
def test_what_needs_a_decision_is_left_alone(row: tuple[str, str], tmp_path: Path) -> None:
    assert plan(tmp_path, csv_of([row])).csv_text == csv_of([row])


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        (quoted("Play blues", JAZZ) + ",,", quoted("Play blues", JAZZ)),
        (f"Play, play blues,{quoted(JAZZ)}", quoted("Play, play blues", JAZZ)),
        (
            f"Play blues,{call('set_light', room='hall', level=3)}",
            quoted("Play blues", call("set_light", room="hall", level=3)),
        ),
        (f'"Play blues","{JAZZ}"', quoted("Play blues", JAZZ)),
        (quoted("Play blues", JAZZ)[:-1], quoted("Play blues", JAZZ)),
        (f'"Play "the" blues",{quoted(JAZZ)}', quoted('Play "the" blues', JAZZ)),
        (f'"Play blues", {quoted(JAZZ)}', quoted("Play blues", JAZZ)),
    ],
)
def test_a_broken_record_is_fixed(line: str, fixed: str, tmp_path: Path) -> None:
    behind = quoted("Soul now", call("play_music", query="soul"))
    planned = plan(tmp_path, csv_lines(line, behind))
    assert planned.csv_text == csv_lines(fixed, behind)


def test_untouched_lines_keep_every_byte(tmp_path: Path) -> None:
    text = (
        'user_message,tool_calls\r\n\r\nPlay on,"[{""name"":""play_music"",""args"":{""query"":""a""}}]"\r\n x,[]\r\n'
    )
    planned = plan(tmp_path, text, codes=["message-outer-space"])
    assert planned.csv_text == text.replace(" x,[]", '"x","[]"')


def test_file_fixes(tmp_path: Path) -> None:
    text = csv_of([("Café", JAZZ)])
    odd = text.replace('","', '";"').replace('"user_message"', "User Message").replace("\n", "\r\n")
    for encoding in ("utf-16", "utf-8-sig", "cp1252"):
        planned = plan(tmp_path, odd.encode(encoding))
        assert planned.csv_text == text
    codes = {change.code for change in planned.changes}
    assert codes == {"csv-not-utf8", "csv-delimiter", "csv-header-spelling", "csv-line-ends"}
    assert plan(tmp_path, text.split("\n", 1)[1]).csv_text == text


@pytest.mark.parametrize("above", ["# my songs\n", "sep=,\n\n"])
def test_lines_above_the_header_go(above: str, tmp_path: Path) -> None:
    again = quoted("user_message", "tool_calls")
    planned = plan(tmp_path, above + csv_lines(again, quoted("Play blues", JAZZ)))
    assert planned.csv_text == csv_of([("Play blues", JAZZ)])
    assert planned.dropped_lines == (1, 8 + above.count("\n"))


def test_dropped_rows_are_named(tmp_path: Path) -> None:
    planned = plan(tmp_path, csv_of([ROWS[3], ("play some JAZZ", ROWS[3][1]), ROWS[0]]))
    assert planned.csv_text == csv_of([("play some JAZZ", ROWS[3][1])])
    assert planned.dropped_lines == (8, 10)
    assert all("Play some jazz" in c.before or "Lights on" in c.before for c in planned.changes if c.dropped)


def test_one_rule_at_a_time(tmp_path: Path) -> None:
    csv = csv_of(
        [("play some JAZZ", ROWS[3][1]), (" Play blues ", JAZZ), ("Play soul", call("play_musik", query="soul"))]
    )
    assert plan(tmp_path, csv, codes=["set-normalised-duplicate"]).dropped_lines == (8,)
    renamed = plan(tmp_path, csv, codes=["calls-unknown-tool"])
    assert [(change.line, change.column, change.code) for change in renamed.changes] == [
        (10, "tool_calls", "calls-unknown-tool")
    ]
    one = plan_fixes(*write_files(tmp_path, csv_of([(" a b ", JAZZ), (" c d ", JAZZ)]), TOOLS), OPTIONS, lines=[9])
    assert [change.line for change in one.changes] == [9]


def test_conflicts_keep_what_most_rows_say(tmp_path: Path) -> None:
    other = call("play_music", query="bebop")
    csv = csv_of([("Play some jazz.", other), ("play some jazz", other)])
    planned = plan(tmp_path, csv, codes=["set-conflict"])
    assert planned.dropped_lines == (5,)


def test_a_reserved_argument_is_renamed_in_both_files(tmp_path: Path) -> None:
    tools = changed(lambda copy: copy[1]["function"]["parameters"].update(
        properties={"type": argument("string")}, required=["type"]))  # fmt: skip
    csv = csv_of().replace('""query""', '""type""')
    planned = plan(tmp_path, csv, tools, ["tools-argument-name-reserved"])
    assert json.loads(planned.tools_text)[1]["function"]["parameters"]["required"] == ["type_value"]
    assert planned.csv_text == csv.replace('""type""', '""type_value""')
    after = check_files(*write_files(tmp_path, planned.csv_text, planned.tools_text), OPTIONS)
    assert after.ok


def test_tools_are_put_in_standard_form(tmp_path: Path) -> None:
    schema = {"type": "OBJECT", "properties": {"query": {"anyOf": [{"type": "STRING"}, {"type": "null"}]}}}
    tools = {"tools": [{"name": "play_music", "description": "Plays.", "inputSchema": schema}, TOOLS[0]]}
    planned = plan(tmp_path, csv_of(), tools)
    first = json.loads(planned.tools_text)[0]
    assert first["function"]["parameters"] == {"type": "object", "properties": {"query": {"type": "string"}}}
    assert json.loads(planned.tools_text)[1] == TOOLS[0]
    assert planned.csv_text == csv_of()


def test_what_cannot_be_read_or_is_unknown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no fix for 'nonsense'"):
        plan(tmp_path, csv_of(), codes=["nonsense"])
    with pytest.raises(InputError, match="zip archive"):
        plan(tmp_path, b"PK\x03\x04" + bytes(99))
