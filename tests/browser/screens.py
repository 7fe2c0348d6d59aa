"""Screenshots for people; taken only if FGT_SCREENSHOTS is 1."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.settled import wait_until_still

ROOT = Path(__file__).resolve().parents[2]
WANTED = os.environ.get("FGT_SCREENSHOTS") == "1"
STATES = ROOT / "test-results" / "screens"
README = ROOT / "docs" / "screenshot.png"
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}


def take(page: Page, name: str) -> None:
    """Take the whole page: wide and narrow, light and dark."""
    if not WANTED:
        return
    STATES.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # playwright's type is a literal
            wait_until_still(page)
            page.screenshot(path=STATES / f"{name}-{size}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)


def for_readme(page: Page) -> None:
    """Take the screenshot for the README."""
    if WANTED:
        page.evaluate("window.scrollTo(0, 0)")
        wait_until_still(page)
        page.screenshot(path=README)
