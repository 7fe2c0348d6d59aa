"""Fixes: planned before they are applied, stable when applied twice, and never a change of meaning."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.data import CheckOptions, check_files
from backend.data.calls.reading import read_calls
from backend.data.fixing.fixing import FixPlan, plan_fixes, safe_codes
from backend.data.rules import all_rules
from backend.errors import InputError
from tests.conftest import DataSet
from tests.unit.data import broken_csv, broken_rows, broken_schemas, broken_sets, broken_tools
from tests.unit.data.builders import ROWS, TOOLS, Case, argument, call, changed, csv_lines, csv_of, quoted, write_files

JAZZ = call("play_music", query="blues")
OPTIONS = CheckOptions(declarations="none")
CASES = [*broken_csv.CASES, *broken_rows.CASES, *broken_sets.CASES, *broken_tools.CASES, *broken_schemas.CASES]


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
def test_a_row_is_mended(row: tuple[str, str], fixed: tuple[str, str], tmp_path: Path) -> None:
    mended = plan(tmp_path, csv_of([row]))
    assert mended.csv_text == csv_of([fixed])
    assert {change.line for change in mended.changes} == {8}
    assert mended.dropped_lines == ()


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
def test_a_broken_record_is_mended(line: str, fixed: str, tmp_path: Path) -> None:
    behind = quoted("Soul now", call("play_music", query="soul"))
    mended = plan(tmp_path, csv_lines(line, behind))
    assert mended.csv_text == csv_lines(fixed, behind)


def test_untouched_lines_keep_every_byte(tmp_path: Path) -> None:
    text = (
        'user_message,tool_calls\r\n\r\nPlay on,"[{""name"":""play_music"",""args"":{""query"":""a""}}]"\r\n x,[]\r\n'
    )
    mended = plan(tmp_path, text, codes=["message-outer-space"])
    assert mended.csv_text == text.replace(" x,[]", '"x","[]"')


def test_file_fixes(tmp_path: Path) -> None:
    text = csv_of([("Café", JAZZ)])
    odd = text.replace('","', '";"').replace('"user_message"', "User Message").replace("\n", "\r\n")
    for encoding in ("utf-16", "utf-8-sig", "cp1252"):
        mended = plan(tmp_path, odd.encode(encoding))
        assert mended.csv_text == text
    codes = {change.code for change in mended.changes}
    assert codes == {"csv-not-utf8", "csv-delimiter", "csv-header-spelling", "csv-line-ends"}
    assert plan(tmp_path, text.split("\n", 1)[1]).csv_text == text


@pytest.mark.parametrize("above", ["# my songs\n", "sep=,\n\n"])
def test_lines_above_the_header_go(above: str, tmp_path: Path) -> None:
    again = quoted("user_message", "tool_calls")
    mended = plan(tmp_path, above + csv_lines(again, quoted("Play blues", JAZZ)))
    assert mended.csv_text == csv_of([("Play blues", JAZZ)])
    assert mended.dropped_lines == (1, 8 + above.count("\n"))


def test_dropped_rows_are_named(tmp_path: Path) -> None:
    mended = plan(tmp_path, csv_of([ROWS[3], ("play some JAZZ", ROWS[3][1]), ROWS[0]]))
    assert mended.csv_text == csv_of([("play some JAZZ", ROWS[3][1])])
    assert mended.dropped_lines == (8, 10)
    assert all("Play some jazz" in c.before or "Lights on" in c.before for c in mended.changes if c.dropped)


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
    mended = plan(tmp_path, csv, codes=["set-conflict"])
    assert mended.dropped_lines == (5,)


def test_a_reserved_argument_is_renamed_in_both_files(tmp_path: Path) -> None:
    tools = changed(lambda copy: copy[1]["function"]["parameters"].update(
        properties={"type": argument("string")}, required=["type"]))  # fmt: skip
    csv = csv_of().replace('""query""', '""type""')
    mended = plan(tmp_path, csv, tools, ["tools-argument-name-reserved"])
    assert json.loads(mended.tools_text)[1]["function"]["parameters"]["required"] == ["type_value"]
    assert mended.csv_text == csv.replace('""type""', '""type_value""')
    after = check_files(*write_files(tmp_path, mended.csv_text, mended.tools_text), OPTIONS)
    assert after.ok


def test_tools_are_put_in_standard_form(tmp_path: Path) -> None:
    schema = {"type": "OBJECT", "properties": {"query": {"anyOf": [{"type": "STRING"}, {"type": "null"}]}}}
    tools = {"tools": [{"name": "play_music", "description": "Plays.", "inputSchema": schema}, TOOLS[0]]}
    mended = plan(tmp_path, csv_of(), tools)
    first = json.loads(mended.tools_text)[0]
    assert first["function"]["parameters"] == {"type": "object", "properties": {"query": {"type": "string"}}}
    assert json.loads(mended.tools_text)[1] == TOOLS[0]
    assert mended.csv_text == csv_of()


def test_what_cannot_be_read_or_is_unknown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no fix for 'nonsense'"):
        plan(tmp_path, csv_of(), codes=["nonsense"])
    with pytest.raises(InputError, match="zip archive"):
        plan(tmp_path, b"PK\x03\x04" + bytes(99))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_fixing_twice_changes_nothing_more(case: Case, tmp_path: Path) -> None:
    files = write_files(tmp_path, case.csv, case.tools)
    try:
        first = plan_fixes(*files, case.options)
    except InputError:
        return
    again = plan_fixes(*write_files(tmp_path, first.csv_text, first.tools_text), case.options)
    assert again.changes == ()
    assert (again.csv_text, again.tools_text) == (first.csv_text, first.tools_text)


def test_every_promised_fix_is_kept(tmp_path: Path) -> None:
    safe = set(safe_codes())
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        files = write_files(folder, case.csv, case.tools)
        report = check_files(*files, case.options)
        promised = {(i.code, i.line) for i in report.issues if i.fix and i.code in safe}
        if promised:
            mended = plan_fixes(*files, case.options)
            after = check_files(*write_files(folder, mended.csv_text, mended.tools_text), case.options)
            assert not {issue.code for issue in after.issues if issue.fix} & {code for code, _ in promised}, case.name


messages = st.text(st.sampled_from("ab \t\n\r\"',;\u200b\u200d\ufeffé\u0301<>🎵٣ﬁ=1."), max_size=12)
values = st.sampled_from(["blues", " x ", "5", "True", 5, True, 1.5, None, "<eos>", "Hall", ["a"], {"name": "n"}])
wrappers = st.sampled_from(
    [
        json.dumps,
        str,
        lambda calls: json.dumps(calls[0]),
        lambda calls: json.dumps(json.dumps(calls)),
        lambda calls: json.dumps(calls).replace('"', "“"),
        lambda calls: json.dumps(calls).replace('"args"', '"arguments"'),
        lambda calls: "```\n" + json.dumps(calls) + "\n```",
        lambda calls: json.dumps([{"function": calls[0]}]),
        lambda calls: json.dumps(calls)[:-1] + ",]",
    ]
)
cells = st.builds(
    lambda name, key, value, wrap: wrap([{"name": name, "args": {key: value}}]),
    st.sampled_from(["play_music", "set_light", "Play_Music", "x"]),
    st.sampled_from(["query", "room", "level", "warm", "Query"]),
    values,
    wrappers,
)


def _meaning(text: str) -> Counter[str]:
    """The calls of a cell, with values compared as words."""
    calls = read_calls(text).calls or ()
    return Counter(
        json.dumps([call.name, {k: str(v).casefold().strip("'\"") for k, v in call.arguments.items()}], sort_keys=True)
        for call in calls
        if call is not None and call.sound
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(messages, cells), min_size=1, max_size=5))
def test_safe_fixes_are_idempotent_and_keep_every_label(rows: list[tuple[str, str]], tmp_path: Path) -> None:
    files = write_files(tmp_path, csv_of(rows), TOOLS)
    first = plan_fixes(*files, OPTIONS)
    before = {row.line for row in check_files(*files, OPTIONS).table}
    for change in first.changes:
        if change.column == "tool_calls":
            assert _meaning(change.before) == _meaning(change.after)
        assert not change.dropped or change.line in before
    again = plan_fixes(*write_files(tmp_path, first.csv_text, first.tools_text), OPTIONS)
    assert again.changes == ()
    kept = len(before) - len(first.dropped_lines)
    assert len(check_files(*write_files(tmp_path, first.csv_text, first.tools_text), OPTIONS).table) == kept


def test_real_sets_have_nothing_to_mend_but_what_was_reported(cycling: DataSet) -> None:
    mended = plan_fixes(cycling.dataset, cycling.tools)
    assert {change.code for change in mended.changes} == {"csv-line-ends"}
    assert mended.csv_text == cycling.dataset.read_bytes().decode().replace("\r\n", "\n")


def test_every_fixer_belongs_to_a_tested_rule() -> None:
    covered = {code for case in CASES for code, _, _ in case.expected}
    assert {rule.code for rule in all_rules() if rule.fixer} <= covered
