"""Editing on the page: a set from nothing by keyboard on a phone, changes with Undo, hostile texts, large sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.screens import take
from tests.browser.settled import wait_for_polls, wait_until_still
from tests.unit.data.builders import TOOLS, call, csv_lines, csv_of, quoted, write_files

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LONG = 1_000_000
HOSTILE = "<img src=x onerror=document.title='owned'> ${1+1} {{7*7}} =cmd|'/C calc'!A0 \x1b[31m \u202e&lt;"


def test_a_set_is_built_from_nothing_by_keyboard_on_a_phone(visit: Visit) -> None:
    page = visit(width=390, height=844).page
    _press(page, "Build a set here")
    _focused(page, "name")
    _type(page, name="play_music", description="Play a song or a station.")
    _type(page, arguments__0__name="query", arguments__0__description="What to play.")
    assert page.evaluate(OVERFLOW) == 0
    take(page, "edit-tool")
    _press(page, "Save and add another tool")
    expect(page.get_by_role("heading", name="New tool")).to_be_visible()
    expect(_field(page, "name")).to_have_value("")
    _type(page, name="set_light", description="Switch a lamp.", arguments__0__name="room")
    _type(page, arguments__0__values="kitchen", by="Enter")
    page.keyboard.type("hall")
    _press(page, "Add an argument")
    _focused(page, "arguments.1.name")
    page.keyboard.type("level")
    page.keyboard.press("Tab")
    _focused(page, "arguments.1.type")
    page.keyboard.type("whole")
    expect(_field(page, "arguments.1.type")).to_have_value("integer")

    page.reload()
    expect(_field(page, "arguments.1.name")).to_have_value("level")
    expect(_field(page, "name")).to_have_value("set_light")
    expect(_field(page, "arguments.0.values")).to_have_value("kitchen\nhall")
    _field(page, "name").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#data-state")).to_contain_text("0 rows · 2 tools")
    _press(page, "Add a row")
    _focused(page, "message")
    page.keyboard.type("Play some jazz")
    _type(page, calls__0__values__0__text="jazz")
    take(page, "edit-row")
    _press(page, "Save and add another row")
    expect(_field(page, "message")).to_have_value("")
    expect(page.locator("#data-state")).to_contain_text("1 row ·")
    _focused(page, "message")
    page.keyboard.type("Put Bach on")
    _type(page, calls__0__values__0__text="Bach")
    _press(page, "Save and add another row")
    expect(page.locator("#data-state")).to_contain_text("2 rows ·")
    _focused(page, "message")
    page.keyboard.type("Dim the hall to twenty")
    _type(page, calls__0__tool="set_light")
    expect(_field(page, "calls.0.values.1.text")).to_be_visible()
    _focused(page, "calls.0.tool")
    _type(page, calls__0__values__0__text="hall", calls__0__values__1__text="20")
    page.keyboard.press("Control+Enter")
    state = page.locator("#data-state")
    expect(state).to_contain_text("3 rows · 2 tools · 0 errors")
    wait_until_still(page)
    assert page.evaluate(OVERFLOW) == 0
    take(page, "edit-built")
    _press(page, "Continue to Train")
    expect(page.get_by_role("button", name="Start training")).to_be_visible()


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
    expect(_field(page, "message")).to_have_value(before)
    _field(page, "message").fill("Will it rain on the ridge?")
    wait_for_polls(page)
    expect(_field(page, "message")).to_have_value("Will it rain on the ridge?")
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
    _field(page, "message").fill("")
    visitor.button("Save")
    expect(_at(page, "message")).not_to_be_empty()
    expect(_field(page, "message")).to_be_focused()
    take(page, "edit-blocked")
    visitor.button("Delete the row")
    expect(state.locator(".made")).to_contain_text("Deleted the row of line 2")


def test_a_problem_leads_to_its_field_and_the_problem_goes_as_one_types(visit: Visit, tmp_path: Path) -> None:
    rows = csv_of([("A lamp in the attic", call("set_light", room="attic", level="full")), ("Broken", "[")])
    dataset, tools = write_files(tmp_path, rows, TOOLS)
    visitor = visit(width=390, height=844)
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.upload(tools, dataset)
    expect(state).to_contain_text("Not ready to train")
    _edit_problem(page, "calls-wrong-type")
    expect(_at(page, "calls.0.values.1.text")).to_contain_text("an integer is needed")
    expect(_at(page, "calls.0.values.0.text")).to_contain_text("attic")
    take(page, "edit-problems")
    assert page.evaluate(OVERFLOW) == 0
    _field(page, "calls.0.values.1.text").fill("100")
    expect(_at(page, "calls.0.values.1.text")).to_be_empty()
    _field(page, "calls.0.values.0.text").select_option(label="hall")
    expect(_at(page, "calls.0.values.0.text")).to_be_empty()
    visitor.button("Save")
    expect(state).to_contain_text("1 error ")
    _edit_problem(page, "calls-not-json")
    expect(_field(page, "raw")).to_be_focused()
    _field(page, "raw").fill(call("play_music", query="jazz"))
    visitor.button("Edit the calls in fields")
    expect(_field(page, "calls.0.values.0.text")).to_have_value("jazz")
    visitor.button("Save")
    expect(state).to_contain_text("0 errors")


def test_a_renamed_tool_is_renamed_in_its_rows_and_json_keeps_what_no_field_shows(visit: Visit, tmp_path: Path) -> None:
    dataset, tools = write_files(tmp_path, csv_of(), TOOLS)
    visitor = visit()
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.upload(tools, dataset)
    page.get_by_role("tab", name="Tools").click()
    page.get_by_role("button", name="Edit set_light").click()
    expect(_field(page, "arguments.3.rest")).to_be_visible()
    take(page, "edit-nested")
    _field(page, "arguments.3.rest").fill('{"properties": ')
    expect(_at(page, "arguments.3.rest")).to_contain_text("This is not JSON")
    _field(page, "arguments.3.rest").fill('{"properties": {"name": {"type": "string", "description": "Its name."}}}')
    _field(page, "name").fill("lamp")
    expect(_at(page, "arguments.3.rest")).to_be_empty()
    visitor.button("Save")
    expect(state.locator(".made")).to_contain_text("3 rows that call it changed with it")
    expect(state).to_contain_text("0 errors")
    changed = json.loads(_download(page, "Download tools.json"))
    assert changed[0]["function"]["parameters"]["properties"]["scene"]["properties"].keys() == {"name"}
    page.get_by_role("button", name="Edit lamp").click()
    visitor.button("Delete it with its rows")
    expect(state).to_contain_text("3 rows · 1 tool")


def test_hostile_and_long_texts_are_shown_as_texts(visit: Visit) -> None:
    visitor = visit()
    page, state = visitor.page, visitor.page.locator("#data-state")
    visitor.button("Build a set here")
    for name in ("name", "description", "arguments.0.name", "arguments.0.description", "arguments.0.values"):
        _field(page, name).fill(HOSTILE)
    expect(_at(page, "name")).to_contain_text("cannot be used")
    visitor.button("Save")
    visitor.button("Save with these errors")
    expect(state).to_contain_text("1 tool")
    visitor.button("Add a row")
    expect(_field(page, "calls.0.tool")).to_have_value(HOSTILE)
    _field(page, "message").fill("m" * LONG)
    expect(_at(page, "message")).to_contain_text("1,000,000 characters; at most 131,072 fit")
    visitor.button("Save")
    visitor.button("Save with these errors")
    expect(_at(page, "")).to_contain_text("at most 131,072 fit")
    assert len(_field(page, "message").input_value()) == LONG
    _field(page, "message").fill(HOSTILE)
    _field(page, "calls.0.values.0.text").select_option(index=1)
    visitor.button("Save")
    expect(page.get_by_role("button", name="Save with these errors").or_(state.locator(".made"))).to_be_visible()
    if page.get_by_role("button", name="Save with these errors").count():
        visitor.button("Save with these errors")
    expect(state).to_contain_text("1 row ·")
    page.get_by_role("tab", name="Rows").click()
    expect(page.locator("#rows")).to_contain_text("<img src=x onerror=")
    assert page.title() != "owned"


@pytest.mark.slow  # unit/data/test_editing_rows.py edits as many rows, the tests above this way
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
    _field(page, "message").fill("Dim the lamp of the attic")
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


def _at(page: Page, name: str) -> Locator:
    """The problems at a field."""
    return page.locator(f'#edit-form [data-problems="{name}"]')


def _field(page: Page, name: str) -> Locator:
    return page.locator(f'#edit-form [name="{name}"]')


def _focused(page: Page, name: str) -> None:
    expect(_field(page, name)).to_be_focused()


def _press(page: Page, name: str) -> None:
    """Walk to a button with the keyboard, and press it."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible()
    for _ in range(200):
        if button.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")


def _type(page: Page, by: str = "", **texts: str) -> None:
    """Walk to fields with the keyboard, and type into them; `by` is a key that is pressed at the end."""
    for name, text in texts.items():
        field = _field(page, name.replace("__", "."))
        expect(field).to_be_visible()
        for _ in range(200):
            if field.evaluate("one => one === document.activeElement"):
                break
            page.keyboard.press("Tab")
        expect(field).to_be_focused()
        page.keyboard.type(text)
    if by:
        page.keyboard.press(by)
