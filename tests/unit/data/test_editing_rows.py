"""Rows that are edited on the page: their form, their cells, and the bytes of the rows beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.data import CheckOptions, check_files
from backend.data.editing import (
    EMPTY_CSV,
    EMPTY_TOOLS,
    ColumnsForm,
    EditRequest,
    Form,
    RowForm,
    edit,
    form_text,
    open_form,
    problems_of,
    read_form,
    read_place,
    reshaped,
)
from backend.data.text import MAX_CELL_CHARACTERS
from backend.errors import InputError
from tests.unit.data.builders import TOOLS, call, csv_lines, quoted, write_files

OPTIONS = CheckOptions(declarations="none")
HALL = call("set_light", room="hall", level=20)
HOSTILE_VALUE = json.dumps(
    {"kind": "row", "line": None, "message": "", "cell": "", "raw": None, "answer": None, "split": None, "broken": "",
     "calls": [{"tool": "x", "values": [{"name": "a", "text": "b", "was": "{"}]}]}
)  # fmt: skip
HOSTILE = [
    "<b>&amp;\"'</b>",
    "=cmd|' /C calc'!A0",
    "a\x00b\x1bc",
    "\n leading\r\nbreaks\r",
    "\ud83d",
    '"',
    "${value}{{x}}",
]


def row(folder: Path, place: str) -> RowForm:
    """The form of a row of the files in a folder."""
    found = read_place(place)
    assert found is not None
    form = open_form(folder / "rows.csv", folder / "tools.json", found)
    assert isinstance(form, RowForm)
    return form


def saved(folder: Path, form: Form, **options: bool) -> str:
    """The text of the CSV after a change, whose bytes are written to the file."""
    done = edit(folder / "rows.csv", folder / "tools.json", None, EditRequest(form, **options))
    content = done.dataset if done.dataset is not None else (folder / "rows.csv").read_bytes()
    (folder / "rows.csv").write_bytes(content)
    return content.decode("utf-8", "surrogatepass")


def files(folder: Path, *records: str, ends: str = "\n") -> Path:
    """A folder with a CSV of these records below the header, and the tools."""
    header = '"id","user_message","note","tool_calls"'
    (folder / "rows.csv").write_bytes(ends.join([header, *records, ""]).encode())
    (folder / "tools.json").write_text(json.dumps(TOOLS), encoding="utf-8")
    return folder


def typed(form: Form, **values: Any) -> Form:
    """The form with values typed into fields, through the JSON of the browser; `__` stands for a point."""
    return read_form(form_text(form), json.dumps({path.replace("__", "."): value for path, value in values.items()}))


def test_a_changed_row_leaves_every_other_byte_as_it_was(tmp_path: Path) -> None:
    records = ["1,One,x," + quoted(HALL), "2, Two ,y," + quoted(HALL), '3,"Three, or so",,' + quoted(HALL)]
    files(tmp_path, *records, ends="\r\n")
    form = row(tmp_path, "row:3")
    assert (form.message, [(one.name, one.text) for one in form.calls[0].values][:2]) == (
        " Two ",
        [("room", '"hall"'), ("level", "20")],
    )
    text = saved(tmp_path, typed(form, message="Zwei", calls__0__values__1__text="30"))
    changed = quoted("2", "Zwei", "y", call("set_light", room="hall", level=30))
    assert text == "\r\n".join(['"id","user_message","note","tool_calls"', records[0], changed, records[2], ""])


def test_a_form_that_was_not_touched_changes_nothing(tmp_path: Path) -> None:
    files(tmp_path, "1,One,x," + quoted("{'name': 'set_light', 'arguments': '{\"room\": \"hall\"}'}"))
    before = (tmp_path / "rows.csv").read_bytes()
    assert saved(tmp_path, row(tmp_path, "row:2")).encode() == before
    done = edit(tmp_path / "rows.csv", tmp_path / "tools.json", None, EditRequest(row(tmp_path, "row:2")))
    assert done.dataset is None


def test_rows_are_added_and_deleted(tmp_path: Path) -> None:
    files(tmp_path, "1,One,x," + quoted(HALL))
    form = typed(row(tmp_path, "row:new:play_music"), message="Jazz", calls__0__values__0__text="jazz")
    lines = saved(tmp_path, form).splitlines()
    assert lines[2] == quoted("", "Jazz", "", call("play_music", query="jazz"))
    assert saved(tmp_path, row(tmp_path, "row:2"), delete=True).splitlines() == [lines[0], lines[2]]
    with pytest.raises(InputError, match="No row begins on line 9"):
        row(tmp_path, "row:9")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_character_is_lost_on_the_way(text: str, tmp_path: Path) -> None:
    files(tmp_path)
    form = typed(row(tmp_path, "row:new:play_music"), message=text, calls__0__values__0__text=text)
    saved(tmp_path, form)
    again = row(tmp_path, "row:2")
    assert (again.message, again.calls[0].values[0].text) == (text, text)
    assert edit(tmp_path / "rows.csv", tmp_path / "tools.json", None, EditRequest(again)).dataset is None


def test_a_text_that_is_too_long_is_refused_with_its_size(tmp_path: Path) -> None:
    files(tmp_path)
    form = typed(row(tmp_path, "row:new"), message="m" * 1_000_000)
    found = problems_of(form, tmp_path / "rows.csv", tmp_path / "tools.json", OPTIONS)
    assert [(one.field, one.severity) for one in found] == [("message", "error")]
    assert f"1,000,000 characters; at most {MAX_CELL_CHARACTERS:,} fit" in found[0].message
    with pytest.raises(InputError, match="at most 131,072 fit"):
        edit(tmp_path / "rows.csv", tmp_path / "tools.json", None, EditRequest(form))


def test_a_problem_stands_at_the_field_that_it_names(tmp_path: Path) -> None:
    files(tmp_path)
    form = row(tmp_path, "row:new:set_light")
    form = typed(form, message="", calls__0__values__0__text='"attic"', calls__0__values__1__text="full")
    found = {
        one.field: one.message for one in problems_of(form, tmp_path / "rows.csv", tmp_path / "tools.json", OPTIONS)
    }
    assert "attic" in found["calls.0.values.0.text"]
    assert "an integer is needed" in found["calls.0.values.1.text"]
    assert "message" in found


def test_several_calls_and_none_are_allowed_and_said(tmp_path: Path) -> None:
    files(tmp_path)
    tools = tmp_path / "tools.json"
    form: Form = typed(row(tmp_path, "row:new:play_music"), message="Both", calls__0__values__0__text="jazz")
    form, focus = reshaped(form, "add-call", 0, tools)
    form, _ = reshaped(typed(form, **{focus.replace(".", "__"): "play_music"}), "tool", 1, tools)
    form = typed(form, calls__1__values__0__text="Bach")
    done = edit(tmp_path / "rows.csv", tools, None, EditRequest(form))
    assert (done.several, done.nothing) == (True, False)
    assert problems_of(form, tmp_path / "rows.csv", tools, OPTIONS) == ()
    for _ in range(2):
        form, focus = reshaped(form, "remove-call", 0, tools)
    done = edit(tmp_path / "rows.csv", tools, None, EditRequest(form))
    assert (done.several, done.nothing, focus) == (False, True, "message")


def test_what_fields_cannot_hold_is_edited_as_text(tmp_path: Path) -> None:
    files(tmp_path, "1,One,x," + quoted('[{"name": "set_light", "args": {"room": "hall"}, "why": 1}]'), "2,Two,x,[")
    form = row(tmp_path, "row:2")
    assert '"why": 1' in str(form.raw)
    assert row(tmp_path, "row:3").raw == "["
    mended = typed(row(tmp_path, "row:3"), raw=HALL)
    assert reshaped(mended, "fields", 0, tmp_path / "tools.json")[0] == replace(
        row_of(tmp_path, HALL), line=3, message="Two", cell="["
    )
    with pytest.raises(InputError, match="cannot show these calls"):
        reshaped(row(tmp_path, "row:3"), "fields", 0, tmp_path / "tools.json")


def row_of(folder: Path, cell: str) -> RowForm:
    """The form of a row with this cell."""
    other = folder / "other"
    other.mkdir(exist_ok=True)
    return row(files(other, "2,Two,x," + quoted(cell)), "row:2")


def test_a_record_that_is_no_row_can_be_typed_again(tmp_path: Path) -> None:
    files(tmp_path, "1,One", '2,"Two,x,' + HALL, "3,Three,," + quoted(HALL))
    for line, text in ((2, "1,One"), (3, '2,"Two,x,' + HALL)):
        form = row(tmp_path, f"row:{line}")
        assert form.broken == text
        saved(tmp_path, typed(replace(form, raw=None), message=f"Row {line}"))
    assert row(tmp_path, "row:2").message == "Row 2"
    assert row(tmp_path, "row:4").message == "Three"


def test_a_set_begins_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(EMPTY_CSV)
    (tmp_path / "tools.json").write_bytes(EMPTY_TOOLS)
    report = check_files(tmp_path / "rows.csv", tmp_path / "tools.json", OPTIONS)
    assert {issue.code for issue in report.issues} <= {"csv-no-rows", "tools-empty"}
    form = typed(row(tmp_path, "row:new"), message="Hello")
    assert saved(tmp_path, form).splitlines()[1] == quoted("Hello", "[]")


def test_the_columns_can_be_named(tmp_path: Path) -> None:
    write_files(tmp_path, "question,calls,x\nHi,[],1\n", TOOLS)
    csv = next(tmp_path.glob("*.csv"))
    place = read_place("columns")
    assert place is not None
    form = open_form(csv, tmp_path / "tools.json", place)
    assert form == ColumnsForm(("question", "calls", "x"))
    assert problems_of(form, csv, tmp_path / "tools.json", OPTIONS)
    form = typed(form, names__0="user_message", names__1="tool_calls")
    assert problems_of(form, csv, tmp_path / "tools.json", OPTIONS) == ()
    done = edit(csv, tmp_path / "tools.json", None, EditRequest(form))
    assert done.dataset == b'"user_message","tool_calls","x"\nHi,[],1\n'


@pytest.mark.parametrize("text", ["", "row", "row:", "row:x", "row:-1", "row:²", "tool:", "x", "row:" + "1" * 2000])
def test_other_texts_name_no_place(text: str) -> None:
    assert read_place(text) is None


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("", "{}"),
        ("[]", "{}"),
        ('{"kind": "row"}', "{}"),
        ('{"kind": "tools", "text": 5}', "{}"),
        ('{"kind": "tools", "text": ""}', '{"text": ["x"]}'),
        ('{"kind": "tools", "text": ""}', '{"other": "x"}'),
        ('{"kind": "columns", "names": ["a"]}', '{"names.7": "x"}'),
        ('{"kind": "columns", "names": ["a"]}', '{"names": "x"}'),
        ('{"kind": "tools", "text": ""}', "[" * 100_000),
        ('{"kind": ["row"]}', "{}"),
        (HOSTILE_VALUE, "{}"),
        ('{"kind": "tools", "text": "' + "x" * 9_000_000 + '"}', "{}"),
    ],
)
def test_a_form_that_no_page_sends_is_refused(state: str, changes: str) -> None:
    with pytest.raises(InputError):
        read_form(state, changes)


def test_a_large_file_is_edited_in_one_pass(tmp_path: Path) -> None:
    rows = [quoted(f"Light number {number}", HALL) for number in range(20_000)]
    write_files(tmp_path, csv_lines(*rows), TOOLS)
    csv = next(tmp_path.glob("*.csv"))
    before = csv.read_bytes().splitlines()
    place = read_place("row:15000")
    assert place is not None
    form = typed(open_form(csv, tmp_path / "tools.json", place), message="Changed")
    done = edit(csv, tmp_path / "tools.json", None, EditRequest(form))
    assert done.dataset is not None
    after = done.dataset.splitlines()
    assert [at for at, (one, other) in enumerate(zip(before, after, strict=True), 1) if one != other] == [15_000]
