"""Saving a form on the page: a new draft, Undo and Redo, what is refused, and what is kept beside the files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.data.editing import EMPTY_TOOLS, form_text
from tests.unit.data.builders import TOOLS, call, csv_of, quoted, write_files
from ui.data.editing.history import next_draft, redo, undo
from ui.data.editing.opening import begin, edit_problem
from ui.data.editing.panel import _unsaved
from ui.data.editing.saving import form_key, save
from ui.data.rows import Rows
from ui.page.location import Location
from ui.page.state import PageState
from ui.page.updates import value_of
from ui.services.tenants import Tenants


def page_of(folder: Path, editing: str, **more: Any) -> PageState:
    """The page with a form of the small set open."""
    dataset, tools = write_files(folder, csv_of(), TOOLS)
    services = Tenants(folder / "state").services(gr.Request())
    draft = services.upload_store.add(dataset, tools, **more)
    return at(PageState(services, Location()), Location(data=draft, editing=editing))


def at(page_state: PageState, location: Location) -> PageState:
    """The page at a location, with its form open."""
    moved = replace(page_state, location=location)
    assert moved.form is None or moved.form.done.wait(60)
    return moved


def sent(page_state: PageState, **typed: Any) -> dict[str, str]:
    """What the page's script sends of the open form; `__` stands for a point."""
    assert page_state.form is not None
    assert page_state.form.result is not None
    changes = {path.replace("__", "."): value for path, value in typed.items()}
    return {"key": form_key(page_state), "state": form_text(page_state.form.result), "typed": json.dumps(changes)}


def test_a_save_is_a_new_draft_and_undo_and_redo_open_the_others(tmp_path: Path) -> None:
    page_state = page_of(tmp_path, "row:2")
    first = page_state.location.data
    saved = save(page_state, sent(page_state, message="Kitchen, please"))
    assert (saved.editing, saved.data) != (None, first)
    opened = at(page_state, saved)
    assert opened.source is not None
    assert opened.source.origin.made == "Changed the row of line 2."
    again = at(opened, replace(saved, editing="row:3"))
    second = at(again, save(again, sent(again, message="Hall, please")))
    back = at(second, undo(second))
    assert back.location.data == saved.data
    assert at(back, undo(back)).location.data == first
    start = at(back, undo(back))
    assert next_draft(start) == saved.data
    forward = at(start, redo(start))
    assert redo(forward).data == second.location.data
    assert next_draft(at(forward, redo(forward))) is None
    assert next_draft(at(start, replace(start.location, tip="f" * 24))) is None


def test_errors_keep_a_form_open_until_it_is_saved_with_them(tmp_path: Path) -> None:
    page_state = page_of(tmp_path, "row:2")
    data = sent(page_state, message="")
    assert save(page_state, data) == page_state.location
    shown = _unsaved(page_state, data)
    assert 'data-for="message"' in shown
    assert "Save with these errors" in shown
    anyway = save(page_state, {**data, "anyway": "1"})
    assert anyway.data != page_state.location.data
    assert "Save with these errors" not in _unsaved(page_state, {**data, "anyway": "1"})


def test_a_form_that_was_not_changed_makes_no_draft(tmp_path: Path) -> None:
    page_state = page_of(tmp_path, "named:set_light")
    assert save(page_state, sent(page_state)) == replace(page_state.location, editing=None)


def test_the_list_of_rows_opens_at_the_row_that_was_edited(tmp_path: Path) -> None:
    rows = csv_of([(f"Lamp number {number}", call("set_light", room="hall", level=number)) for number in range(60)])
    services = Tenants(tmp_path / "state").services(gr.Request())
    draft = services.upload_store.add(*write_files(tmp_path, rows, TOOLS))
    page_state = at(PageState(services, Location()), Location(data=draft, editing="row:40"))
    saved = at(page_state, save(page_state, sent(page_state, message="Changed")))
    assert saved.check is not None
    assert saved.check.done.wait(60)
    with gr.Blocks():
        rows_list = Rows()
    shown = value_of(rows_list.render(saved)[rows_list.list])
    assert "26–50 of 66" in shown
    assert "Changed" in shown


def test_a_form_of_other_data_is_not_saved(tmp_path: Path) -> None:
    page_state = page_of(tmp_path, "row:2")
    data = {**sent(page_state, message="x"), "key": "other row:2"}
    assert save(page_state, data) == page_state.location


@pytest.mark.parametrize("state", ["", "{}", '{"kind": "row", "line": "2"}'])
def test_a_form_that_no_page_sends_says_so(state: str, tmp_path: Path) -> None:
    page_state = page_of(tmp_path, "row:2")
    data = {"key": form_key(page_state), "state": state, "typed": "{}"}
    assert save(page_state, data) == page_state.location
    assert "cannot be read" in _unsaved(page_state, data)


def test_rows_with_several_calls_switch_that_on(tmp_path: Path) -> None:
    page_state = page_of(tmp_path, "row:2")
    data = sent(page_state)
    state = json.loads(data["state"])
    state["calls"] = [*state["calls"], {"tool": "play_music", "values": [{"name": "query", "text": "jazz", "was": ""}]}]
    opened = at(page_state, save(page_state, {**data, "state": json.dumps(state)}))
    assert opened.source is not None
    assert opened.source.origin.allow_multiple_calls
    assert "Rows may call several tools now." in opened.source.origin.made


def test_test_rows_are_renamed_too_and_everything_else_is_kept(tmp_path: Path) -> None:
    test = tmp_path / "mine.csv"
    test.write_text("user_message,tool_calls\n" + quoted("Funk", call("play_music", query="funk")), encoding="utf-8")
    page_state = page_of(tmp_path, "named:play_music", test=test, near_misses=b"hello\n")
    opened = at(page_state, save(page_state, sent(page_state, name="play", arguments__0__name="what")))
    assert opened.source is not None
    assert opened.source.test is not None
    assert opened.source.near_misses is not None
    assert '""play"", ""args"": {""what"": ""funk""}' in opened.source.test.read_text(encoding="utf-8")
    assert opened.source.origin.made == "Changed the tool play. 4 rows that call it changed with it."


def test_a_new_set_opens_with_the_form_of_its_first_tool(tmp_path: Path) -> None:
    services = Tenants(tmp_path).services(gr.Request())
    opened = at(PageState(services, Location()), begin(PageState(services, Location())))
    assert opened.source is not None
    assert opened.source.tools.read_bytes() == EMPTY_TOOLS
    assert opened.form is not None
    assert opened.form.error is None
    assert opened.check is not None
    assert opened.check.done.wait(60)
    assert opened.report is not None
    for issue in opened.report.issues:
        assert "data-editing" in edit_problem(issue)


def test_a_place_that_is_not_there_says_so(tmp_path: Path) -> None:
    page_state = page_of(tmp_path, "row:99")
    assert page_state.form is not None
    assert page_state.form.error == "No row begins on line 99. Choose it in the list of rows."
    assert at(page_state, replace(page_state.location, editing="nonsense")).form is None
