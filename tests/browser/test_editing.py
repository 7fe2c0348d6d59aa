"""Editing on the page: a set from nothing by keyboard on a phone, changes with Undo, hostile texts, large sets."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.screens import take
from tests.browser.settled import wait_until_still

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = "document.activeElement.getAttribute('name') ?? document.activeElement.innerText"


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


def _field(page: Page, name: str):  # type: ignore[no-untyped-def]
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
