"""Garbled texts: the values of calls are cleaned as their messages are, and never separated from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.data import CheckOptions, check_files
from backend.data.csv import read_table
from backend.data.fixing import plan_fixes, safe_codes
from tests.unit.data.builders import TOOLS, call, changed, csv_of, write_files

OPTIONS = CheckOptions(declarations="none")


def fixed_rows(folder: Path, rows: list[tuple[str, str]], codes: list[str] | None = None) -> list[tuple[str, str]]:
    """The message and the query of each row after the fixes."""
    files = write_files(folder, csv_of([(message, call("play_music", query=value)) for message, value in rows]), TOOLS)
    planned = plan_fixes(*files, OPTIONS, codes, lines=range(8, 10_000))
    dataset, _ = write_files(folder, planned.csv_text, planned.tools_text)
    return [
        (row.message or "", json.loads(row.calls or "")[0]["args"]["query"]) for row in read_table(dataset).rows[6:]
    ]


@pytest.mark.parametrize(
    ("row", "fixed"),
    [
        (("Way to CafÃ© SÃ¼d", "CafÃ© SÃ¼d"), ("Way to Café Süd", "Café Süd")),
        (("Way to Café Süd", "CafÃ© SÃ¼d"), ("Way to Café Süd", "Café Süd")),
        (("Way to CafÃ© SÃ¼d", "Café Süd"), ("Way to Café Süd", "Café Süd")),
        (("SÃ\x8dr â€œ5â€\x9d", "SÃ\x8dr"), ("SÍr “5”", "SÍr")),
        (("РџСЂРёРІРµС‚", "РџСЂРёРІРµС‚"), ("Привет", "Привет")),
        (("CafÃƒÂ© now", "CafÃƒÂ©"), ("Café now", "Café")),
        (("EL CAPÓ»", "CAPÓ»"), ("EL CAPÓ»", "CAPÓ»")),
        (("Привет, Россия", "Россия"), ("Привет, Россия", "Россия")),
        (("Route to Cafe\u0301 Nord", "Cafe\u0301 Nord"), ("Route to Café Nord", "Café Nord")),
        (("Go to ab\u200bcd hall", "ab\u200bcd hall"), ("Go to abcd hall", "abcd hall")),
        ((" Oslo", " Oslo"), ("Oslo", "Oslo")),
        (("Write one\ntwo", "one\ntwo"), ("Write one two", "one two")),
        (("Write so", "one\ntwo"), ("Write so", "one\ntwo")),
        (("Play\x07 it", "Play\x07"), ("Play it", "Play")),
        (("Play <eos>soul", "<eos>soul"), ("Play soul", "soul")),
        (("Say CafÃ© — “now”", "CafÃ©"), ("Say CafÃ© — “now”", "CafÃ©")),
        (("Drive to O’Neil’s", "O'Neil's"), ("Drive to O’Neil’s", "O'Neil's")),
    ],
)
def test_a_message_and_its_value_are_fixed_together(
    row: tuple[str, str], fixed: tuple[str, str], tmp_path: Path
) -> None:
    assert fixed_rows(tmp_path, [row]) == [fixed]


def test_one_rule_cleans_both_sides(tmp_path: Path) -> None:
    row = ("Route to Cafe\u0301 Nord", "Cafe\u0301 Nord")
    for code in ("message-not-nfc", "calls-not-nfc"):
        assert fixed_rows(tmp_path, [row], [code]) == [("Route to Café Nord", "Café Nord")]


def test_marks_are_taken_from_the_message_on_request(tmp_path: Path) -> None:
    rows = [("Drive to O’Neil’s", "O'Neil's"), ("To hartsfield-jackson", "Hartsfield–Jackson"), ("To Rome", "Rome")]
    fixed = fixed_rows(tmp_path, rows, ["row-other-marks"])
    assert [value for _, value in fixed] == ["O’Neil’s", "Hartsfield-Jackson", "Rome"]


def test_values_of_an_enum_stay_as_tools_json_has_them(tmp_path: Path) -> None:
    rooms = ["kitchen", "hall", "bath_room", "Cafe\u0301"]
    tools = changed(lambda copy: copy[0]["function"]["parameters"]["properties"]["room"].update(enum=rooms))
    row = ("Light the Cafe\u0301", call("set_light", room="Cafe\u0301"))
    files = write_files(tmp_path, csv_of([row]), tools)
    planned = plan_fixes(*files, OPTIONS)
    assert planned.csv_text == csv_of([("Light the Café", row[1])])
    assert check_files(*write_files(tmp_path, planned.csv_text, tools), OPTIONS).ok


WORDS = ["Cafe\u0301", "CafÃ©", "SÃ¼d", "Süd", "می\u200cخ", "“x”", "ab", "é", "—"]
MARKS = [" ", "  ", "\n", "\u200b", "\u200d", "<eos>", "\x07"]
garbled = st.lists(st.sampled_from([*WORDS, *MARKS]), min_size=1, max_size=6).map("".join)
CODES = [None, "message-mojibake", "calls-mojibake", "calls-not-nfc", "csv-newline-in-cell"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), code=st.sampled_from(CODES))
def test_no_fix_separates_a_value_from_its_message(data: st.DataObject, code: str | None, tmp_path: Path) -> None:
    message = data.draw(garbled)
    start = data.draw(st.integers(0, len(message) - 1))
    value = message[start : data.draw(st.integers(start + 1, len(message)))]
    if code is not None:
        assert code in safe_codes()
    after = fixed_rows(tmp_path, [(message, value)], [code] if code else None)
    assert not value.strip() or all(copied in text for text, copied in after), (message, value, after)
    assert fixed_rows(tmp_path, after, [code] if code else None) == after
