"""Uploads in any format and at either place: what is read is stored in the standard form and said on the page."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from backend.errors import InputError
from ui.data.status import data_state
from ui.data.test_rows import _take as _take_test
from ui.data.upload import Uploads, _take
from ui.page.location import Location
from ui.page.state import PageState
from ui.page.updates import value_of
from ui.services.tenants import Tenants

TOOL = {"type": "function", "function": {"name": "stop", "description": "Stop.", "parameters": {"type": "object"}}}
CHAT = {
    "messages": [
        {"role": "system", "content": "Help."},
        {"role": "user", "content": "Halt"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "stop", "arguments": "{}"}}] * 2},
    ],
    "tools": [TOOL],
}


@pytest.fixture
def page_state(tmp_path: Path) -> PageState:
    return PageState(Tenants(tmp_path / "home").services(gr.Request()), Location())


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files by name."""
    texts = {
        "tools.json": json.dumps([TOOL]),
        "rows.csv": 'user_message,tool_calls\nHalt,"[{""name"": ""stop"", ""args"": {}}]"\n',
        "chats.jsonl": json.dumps(CHAT) + '\n{"messages": []}\n',
        "README.md": "# My data\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name: str(tmp_path / name) for name in texts}


def opened(page_state: PageState, location: Location) -> PageState:
    """The page at the location, its data checked."""
    moved = replace(page_state, location=location)
    assert moved.check is not None
    assert moved.check.done.wait(60)
    return moved


def test_rows_that_declare_their_tools_are_enough(page_state: PageState, files: dict[str, str]) -> None:
    there = opened(page_state, _take(page_state, None, [files["chats.jsonl"]]))
    assert there.source is not None
    assert there.source.origin.allow_multiple_calls
    assert not there.source.origin.allow_no_call
    assert there.report is not None
    assert (there.report.rows, [tool.name for tool in there.report.tools]) == (1, ["stop"])
    assert there.report.table[0].original == "line 1"
    shown = str(data_state(there))
    assert "Read as OpenAI chat messages: 1 row, 1 tool, 1 left out because it has no messages (line 2)." in shown
    assert "system text" in shown
    assert f'href="data/{there.location.data}/dataset"' in shown
    assert f'href="data/{there.location.data}/tools"' in shown


@pytest.mark.parametrize("at", ["right", "swapped", "tools", "rows"])
def test_the_files_are_found_wherever_they_were_dropped(page_state: PageState, files: dict[str, str], at: str) -> None:
    tools, rows = files["tools.json"], files["rows.csv"]
    places: dict[str, tuple[list[str] | None, list[str] | None]] = {
        "right": ([tools], [rows]),
        "swapped": ([rows], [tools]),
        "tools": ([rows, tools], None),
        "rows": (None, [tools, rows]),
    }
    there = opened(page_state, _take(page_state, *places[at]))
    assert there.source is not None
    assert there.source.dataset.read_bytes() == Path(rows).read_bytes()
    assert there.source.tools.read_bytes() == Path(tools).read_bytes()
    assert there.source.origin.read == ""


def test_one_file_alone_says_what_is_missing(page_state: PageState, files: dict[str, str]) -> None:
    for given, said in (
        ((None, [files["rows.csv"]]), "rows.csv holds 1 row and declares no tools. Add the tools.json."),
        (([files["tools.json"]], None), "tools.json holds tools. Add a file of example messages"),
    ):
        location = _take(page_state, *given)
        assert location.data is None
        with gr.Blocks():
            uploads = Uploads()
        shown = str(value_of(uploads.render(replace(page_state, location=location))[uploads.offer]))
        assert said in shown
    assert _take(replace(page_state, location=location), None, None).missing is None


def test_test_rows_are_read_in_any_format_too(page_state: PageState, files: dict[str, str]) -> None:
    there = opened(page_state, _take(page_state, [files["tools.json"]], [files["rows.csv"]]))
    tested = replace(there, location=_take_test(there, files["chats.jsonl"]))
    assert tested.source is not None
    assert tested.source.test is not None
    assert tested.source.test.name == "chats.csv"
    assert tested.test_check is not None
    assert tested.test_check.done.wait(60)
    assert tested.test_check.result is not None
    assert tested.test_check.result.rows == 1


def test_what_can_expand_is_read_in_a_process_of_its_own(
    page_state: PageState, files: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("rows.csv", "tools.json"):
            archive.write(files[name], name)
    there = opened(page_state, _take(page_state, None, [str(path)]))
    assert there.report is not None
    assert there.report.rows == 1


def test_a_document_is_named(page_state: PageState, files: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"README\.md looks like a text document.*Give the rows as CSV"):
        _take(page_state, [files["tools.json"]], [files["README.md"]])


def test_no_ending_is_greyed_out() -> None:
    with gr.Blocks():
        uploads = Uploads()
    assert [field.file_types for field in (uploads.tools, uploads.dataset)] == [None, None]
