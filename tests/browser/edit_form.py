"""The fields of the form that edits a row or a tool."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def problems_at(page: Page, name: str) -> Locator:
    """The problems at a field."""
    return page.locator(f'#edit-form [data-problems="{name}"]')


def field_of(page: Page, name: str) -> Locator:
    """A field of the open form."""
    return page.locator(f'#edit-form [name="{name}"]')


def expect_focus(page: Page, name: str) -> None:
    """Expect that a field has the focus."""
    expect(field_of(page, name)).to_be_focused()
