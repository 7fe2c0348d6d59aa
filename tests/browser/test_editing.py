"""Editing on the page: changes with Undo, problems that lead to their fields, hostile texts, large sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.edit_form import expect_focus, field_of, problems_at
from tests.browser.screens import take
from tests.browser.settled import wait_for_polls
from tests.unit.data.builders import TOOLS, call, csv_lines, csv_of, quoted, write_files

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LONG = 1_000_000
HOSTILE = "<img src=x onerror=document.title='owned'> ${1+1} {{7*7}} =cmd|'/C calc'!A0 \x1b[31m \u202e&lt;"


@pytest.mark.slow  # test_editing_new.py edits rows and tools on the page
def test_a_row_is_changed_and_undo_and_redo_lead_back_and_forth(visit: Visit) -> None:
    visitor = visit()
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.button("Use the example")
    page.get_by_role("tab", name="Rows").click()
    expect(page.locator("#rows .pager")).to_contain_text("1–25 of")
    page.get_by_placeholder("Search messages and calls").fill("get_weather")
    row = page.locator("#rows tbody tr").first
    before = row.locator("td").nth(1).inner_text()
    row.get_by_role("button", name="Edit line").click()
    expect(field_of(page, "message")).to_have_value(before)
    field_of(page, "message").fill("Will it rain on the ridge?")
    wait_for_polls(page)
    expect(field_of(page, "message")).to_have_value("Will it rain on the ridge?")
    visitor.button("Save")
    expect(state.locator(".made")).to_contain_text("Changed the row of line")
    page.get_by_placeholder("Search messages and calls").fill("ridge?")
    expect(page.locator("#rows tbody tr").first).to_contain_text("Will it rain on the ridge?")
    visitor.button("Undo")
    expect(state).not_to_contain_text("Changed the row")
    visitor.button("Redo")
    expect(state.locator(".made")).to_contain_text("Changed the row of line")
    expect(page.get_by_role("button", name="Redo", exact=True)).to_have_count(0)
    page.locator("#rows").get_by_role("button", name="Edit line 2", exact=True).click()
    field_of(page, "message").fill("")
    visitor.button("Save")
    expect(problems_at(page, "message")).not_to_be_empty()
    expect(field_of(page, "message")).to_be_focused()
    take(page, "edit-blocked")
    visitor.button("Delete the row")
    expect(state.locator(".made")).to_contain_text("Deleted the row of line 2")


@pytest.mark.slow  # test_editing_new.py edits rows and tools on the page
def test_a_problem_leads_to_its_field_and_the_problem_goes_as_one_types(visit: Visit, tmp_path: Path) -> None:
    rows = csv_of([("A lamp in the attic", call("set_light", room="attic", level="full")), ("Broken", "[")])
    dataset, tools = write_files(tmp_path, rows, TOOLS)
    visitor = visit(width=390, height=844)
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.upload(tools, dataset)
    expect(state).to_contain_text("Not ready to train")
    _edit_problem(page, "calls-wrong-type")
    expect_focus(page, "calls.0.values.1.text")
    expect(problems_at(page, "calls.0.values.1.text")).to_contain_text("an integer is needed")
    expect(problems_at(page, "calls.0.values.0.text")).to_contain_text("attic")
    take(page, "edit-problems")
    assert page.evaluate(OVERFLOW) == 0
    field_of(page, "calls.0.values.1.text").fill("100")
    expect(problems_at(page, "calls.0.values.1.text")).to_be_empty()
    field_of(page, "calls.0.values.0.text").select_option(label="hall")
    expect(problems_at(page, "calls.0.values.0.text")).to_be_empty()
    visitor.button("Save")
    expect(state).to_contain_text("1 error ")
    _edit_problem(page, "calls-not-json")
    expect(field_of(page, "raw")).to_be_focused()
    field_of(page, "raw").fill(call("play_music", query="jazz"))
    visitor.button("Edit the calls in fields")
    expect(field_of(page, "calls.0.values.0.text")).to_have_value("jazz")
    visitor.button("Save")
    expect(state).to_contain_text("0 errors")


@pytest.mark.slow  # test_editing_new.py edits rows and tools on the page
def test_a_renamed_tool_is_renamed_in_its_rows_and_json_keeps_what_no_field_shows(visit: Visit, tmp_path: Path) -> None:
    dataset, tools = write_files(tmp_path, csv_of(), TOOLS)
    visitor = visit()
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.upload(tools, dataset)
    page.get_by_role("tab", name="Tools").click()
    page.get_by_role("button", name="Edit set_light").click()
    expect(field_of(page, "arguments.3.rest")).to_be_visible()
    take(page, "edit-nested")
    field_of(page, "arguments.3.rest").fill('{"properties": ')
    expect(problems_at(page, "arguments.3.rest")).to_contain_text("This is not JSON")
    field_of(page, "arguments.3.rest").fill('{"properties": {"name": {"type": "string", "description": "Its name."}}}')
    field_of(page, "name").fill("lamp")
    expect(problems_at(page, "arguments.3.rest")).to_be_empty()
    visitor.button("Save")
    expect(state.locator(".made")).to_contain_text("3 rows that call it changed with it")
    expect(state).to_contain_text("0 errors")
    changed = json.loads(_download(page, "Download tools.json"))
    assert changed[0]["function"]["parameters"]["properties"]["scene"]["properties"].keys() == {"name"}
    page.get_by_role("button", name="Edit lamp").click()
    visitor.button("Delete it with its rows")
    expect(state).to_contain_text("3 rows · 1 tool")


@pytest.mark.slow  # test_editing_new.py edits rows and tools on the page
def test_hostile_and_long_texts_are_shown_as_texts(visit: Visit) -> None:
    visitor = visit()
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.button("Build a set here")
    for name in ("name", "description", "arguments.0.name", "arguments.0.description", "arguments.0.values"):
        field_of(page, name).fill(HOSTILE)
    expect(problems_at(page, "name")).to_contain_text("cannot be used")
    visitor.button("Save")
    visitor.button("Save with these errors")
    expect(state).to_contain_text("1 tool")
    visitor.button("Add a row")
    expect(field_of(page, "calls.0.tool")).to_have_value(HOSTILE)
    field_of(page, "message").fill("m" * LONG)
    expect(problems_at(page, "message")).to_contain_text("1,000,000 characters; at most 131,072 fit")
    visitor.button("Save")
    visitor.button("Save with these errors")
    expect(problems_at(page, "")).to_contain_text("at most 131,072 fit")
    assert len(field_of(page, "message").input_value()) == LONG
    field_of(page, "message").fill(HOSTILE)
    field_of(page, "calls.0.values.0.text").select_option(index=1)
    visitor.button("Save")
    expect(page.get_by_role("button", name="Save with these errors").or_(state.locator(".made"))).to_be_visible()
    if page.get_by_role("button", name="Save with these errors").count():
        visitor.button("Save with these errors")
    expect(state).to_contain_text("1 row ·")
    page.get_by_role("tab", name="Rows").click()
    expect(page.locator("#rows")).to_contain_text("<img src=x onerror=")
    assert page.title() != "owned"


@pytest.mark.slow  # unit/data/test_editing_rows.py edits as many rows, the tests above save this way
def test_a_set_of_20000_rows_is_edited(visit: Visit, tmp_path: Path) -> None:
    rows = (
        quoted(f"Dim lamp number {number}", call("set_light", room="hall", level=number)) for number in range(20_000)
    )
    dataset, tools = write_files(tmp_path, csv_lines(*rows), TOOLS)
    visitor = visit()
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.upload(tools, dataset)
    expect(state).to_contain_text("20,006 rows", timeout=120_000)
    page.get_by_role("tab", name="Rows").click()
    page.get_by_placeholder("Search messages and calls").fill("number 15000")
    page.locator("#rows").get_by_role("button", name="Edit line 15008").click()
    field_of(page, "message").fill("Dim the lamp of the attic")
    busy = "one => { one.click(); return one.form.getAttribute('aria-busy'); }"
    assert page.get_by_role("button", name="Save", exact=True).evaluate(busy) == "true"
    expect(state.locator(".made")).to_contain_text("Changed the row of line 15,008", timeout=120_000)
    page.get_by_placeholder("Search messages and calls").fill("attic")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    before, after = dataset.read_bytes().splitlines(), _download(page, "Download the CSV").splitlines()
    assert [at for at, (one, other) in enumerate(zip(before, after, strict=True), 1) if one != other] == [15_008]


def _edit_problem(page: Page, code: str) -> None:
    """Press Edit at the first problem of a rule."""
    group = page.locator("#problems .group", has_text=code)
    if group.locator("details").get_attribute("open") is None:
        group.locator("summary").click()
    group.get_by_role("button", name="Edit: line").first.click()


def _download(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return download.value.path().read_bytes()
