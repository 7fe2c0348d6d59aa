"""A set that is built from nothing on the page, by keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.edit_form import expect_focus, field_of
from tests.browser.screens import take
from tests.browser.settled import wait_until_still

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_set_is_built_from_nothing_by_keyboard_on_a_phone(visit: Visit) -> None:
    page = visit(width=390, height=844).page
    _press(page, "Build a set here")
    expect_focus(page, "name")
    _type(page, name="play_music", description="Play a song or a station.")
    _type(page, arguments__0__name="query", arguments__0__description="What to play.")
    assert page.evaluate(OVERFLOW) == 0
    take(page, "edit-tool")
    _press(page, "Save and add another tool")
    expect(page.get_by_role("heading", name="New tool")).to_be_visible()
    expect(field_of(page, "name")).to_have_value("")
    _type(page, name="set_light", description="Switch a lamp.", arguments__0__name="room")
    _type(page, arguments__0__values="kitchen", by="Enter")
    page.keyboard.type("hall")
    _press(page, "Add an argument")
    expect_focus(page, "arguments.1.name")
    page.keyboard.type("level")
    page.keyboard.press("Tab")
    expect_focus(page, "arguments.1.type")
    page.keyboard.type("whole")
    expect(field_of(page, "arguments.1.type")).to_have_value("integer")

    page.reload()
    expect(field_of(page, "arguments.1.name")).to_have_value("level")
    expect(field_of(page, "name")).to_have_value("set_light")
    expect(field_of(page, "arguments.0.values")).to_have_value("kitchen\nhall")
    field_of(page, "name").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#data-state")).to_contain_text("0 rows · 2 tools")
    _press(page, "Add a row")
    expect_focus(page, "message")
    page.keyboard.type("Play some jazz")
    _type(page, calls__0__values__0__text="jazz")
    take(page, "edit-row")
    _press(page, "Save and add another row")
    expect(field_of(page, "message")).to_have_value("")
    expect(page.locator("#data-state")).to_contain_text("1 row ·")
    expect_focus(page, "message")
    page.keyboard.type("Put Bach on")
    _type(page, calls__0__values__0__text="Bach")
    _press(page, "Save and add another row")
    expect(page.locator("#data-state")).to_contain_text("2 rows ·")
    expect_focus(page, "message")
    page.keyboard.type("Dim the hall to twenty")
    _type(page, calls__0__tool="set_light")
    expect(field_of(page, "calls.0.values.1.text")).to_be_visible()
    expect_focus(page, "calls.0.tool")
    _type(page, calls__0__values__0__text="hall", calls__0__values__1__text="20")
    page.keyboard.press("Control+Enter")
    state = page.locator("#data-state")
    expect(state).to_contain_text("3 rows · 2 tools · 0 errors")
    wait_until_still(page)
    assert page.evaluate(OVERFLOW) == 0
    take(page, "edit-built")
    _press(page, "Continue to Train")
    expect(page.get_by_role("button", name="Start training")).to_be_visible()


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
        field = field_of(page, name.replace("__", "."))
        expect(field).to_be_visible()
        for _ in range(200):
            if field.evaluate("one => one === document.activeElement"):
                break
            page.keyboard.press("Tab")
        expect(field).to_be_focused()
        page.keyboard.type(text)
    if by:
        page.keyboard.press(by)
