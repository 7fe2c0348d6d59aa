"""One more row: checked by the rules, and behind a file that stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data import CheckOptions
from backend.data.csv.table import read_table
from backend.data.fixing.adding import append_row, check_row, rows_alike
from backend.errors import InputError

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TOOLS = EXAMPLES / "tools.json"
RIGHT = '[{"name": "find_nearby_place", "args": {"query": "water"}}]'
COLUMNS = "user_message,tool_calls"


@pytest.mark.parametrize(
    ("message", "calls", "codes"),
    [
        ("is there a spring", RIGHT, []),
        ("is there a spring", RIGHT.replace("nearby", "nearbi"), ["calls-unknown-tool"]),
        ("is there a spring", '[{"name": "find_nearby_place", "args": {}}]', ["calls-missing-argument"]),
        ("is there a spring", "[{", ["calls-not-json"]),
        ("", RIGHT, ["message-empty"]),
    ],
)
def test_a_row_is_held_against_the_rules(message: str, calls: str, codes: list[str]) -> None:
    found = check_row(message, calls, TOOLS, CheckOptions())
    assert [issue.code for issue in found if issue.severity == "error"] == codes


def test_a_row_without_a_call_needs_a_run_that_allows_it() -> None:
    def errors(options: CheckOptions) -> list[str]:
        return [one.code for one in check_row("hello", "[]", TOOLS, options) if one.severity == "error"]

    assert errors(CheckOptions()) != []
    assert errors(CheckOptions(allow_no_call=True)) == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("closed", [True, False])
def test_the_rest_of_the_file_stays_as_it_was(tmp_path: Path, end: str, closed: bool) -> None:
    text = end.join(["id;tool_calls;split;user_message", '1;"[]";test;hello', *([""] if closed else [])])
    path = tmp_path / "data.csv"
    path.write_bytes(text.encode())
    added = append_row(path, 'say "hi"; now', RIGHT)
    assert added.startswith(text.encode())
    path.write_bytes(added)
    rows = read_table(path).rows
    assert [(row.message, row.calls, row.split) for row in rows] == [
        ("hello", "[]", "test"),
        ('say "hi"; now', RIGHT, "train"),
    ]


@given(message=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_message_comes_back(tmp_path_factory: pytest.TempPathFactory, message: str) -> None:
    path = tmp_path_factory.mktemp("any") / "data.csv"
    path.write_text(f"{COLUMNS}\nhello,[]\n", encoding="utf-8")
    path.write_bytes(append_row(path, message, RIGHT))
    assert [row.message for row in read_table(path).rows][1:] == [message]


def test_a_file_without_a_header_takes_no_row(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("hello,[]\n", encoding="utf-8")
    with pytest.raises(InputError, match="no header with user_message and tool_calls"):
        append_row(path, "hi", RIGHT)


def test_rows_that_say_the_same_are_found(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(f"{COLUMNS}\nHello there,[]\nother,[]\n hello THERE ,[]\n", encoding="utf-8")
    assert [row.line for row in rows_alike(path, "hello there")] == [2, 4]
