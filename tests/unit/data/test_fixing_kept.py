"""What holds for all fixes, over every broken file and made-up rows: kept, stable, and no change of meaning."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.data import CheckOptions, check_files
from backend.data.calls.reading import read_calls
from backend.data.fixing.fixing import plan_fixes, safe_codes
from backend.data.rules import all_rules
from backend.errors import InputError
from tests.conftest import DataSet
from tests.unit.data import (
    broken_csv,
    broken_dialects,
    broken_rows,
    broken_schemas,
    broken_sets,
    broken_tools,
)
from tests.unit.data.builders import TOOLS, Case, csv_of, write_files

OPTIONS = CheckOptions(declarations="none")
GROUPS = (broken_csv, broken_dialects, broken_rows, broken_sets, broken_tools, broken_schemas)
CASES = [case for group in GROUPS for case in group.CASES]


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


@pytest.mark.slow  # the last test holds it for tools, the rules' tests for each fix
def test_every_promised_fix_is_kept(tmp_path: Path) -> None:
    safe = set(safe_codes())
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        files = write_files(folder, case.csv, case.tools)
        report = check_files(*files, case.options)
        promised = {(i.code, i.line) for i in report.issues if i.fix and i.code in safe}
        if promised:
            planned = plan_fixes(*files, case.options)
            after = check_files(*write_files(folder, planned.csv_text, planned.tools_text), case.options)
            assert not {issue.code for issue in after.issues if issue.fix} & {code for code, _ in promised}, case.name


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES if case.tools != TOOLS])
def test_every_promised_fix_of_tools_is_kept_when_chosen(case: Case, tmp_path: Path) -> None:
    report = check_files(*write_files(tmp_path, case.csv, case.tools), case.options)
    for code in {issue.code for issue in report.issues if issue.fix and issue.file == "tools"}:
        planned = plan_fixes(*write_files(tmp_path, case.csv, case.tools), case.options, [code])
        written = write_files(tmp_path, planned.csv_text, planned.tools_text)
        assert planned.changes
        assert [one.message for one in check_files(*written, case.options).issues if one.code == code and one.fix] == []
        assert plan_fixes(*written, case.options, [code]).changes == ()


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
        lambda calls: f"<tool_call>{json.dumps(calls[0])}</tool_call>",
        lambda calls: f"So: {json.dumps(calls)}",
        lambda calls: json.dumps([{calls[0]["name"]: calls[0]["args"]}]),
        lambda calls: f"{json.dumps(calls[0])}\n{json.dumps(calls[0])}",
        lambda calls: f"[{calls[0]['name']}({', '.join(f'{k}={v!r}' for k, v in calls[0]['args'].items())})]",
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
    """The calls of a cell, with values compared as words: the scorer ignores the spaces around them too."""
    calls = read_calls(text).calls or ()
    return Counter(
        json.dumps(
            [call.name, {k: " ".join(str(v).casefold().strip("'\"").split()) for k, v in call.arguments.items()}],
            sort_keys=True,
        )
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
    planned = plan_fixes(cycling.dataset, cycling.tools)
    assert {change.code for change in planned.changes} == {"csv-line-ends"}
    assert planned.csv_text == cycling.dataset.read_bytes().decode().replace("\r\n", "\n")


def test_every_fixer_belongs_to_a_tested_rule() -> None:
    covered = {code for case in CASES for code, _, _ in case.expected}
    assert {rule.code for rule in all_rules() if rule.fixer} <= covered | {"csv-too-many-rows"}  # test_limits.py has it
