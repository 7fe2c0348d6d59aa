"""The search for better settings on the page: its start, its trials, cancelling, continuing, and its result."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from backend.runs import FolderStore, Run, RunConfig
from backend.trials import Found, Sweep, Trial, write_sweep
from tests.browser.conftest import ROOT, App, Visitor
from tests.browser.screens import take

Visit = Callable[..., Visitor]
LOADING_MS = 180_000
ID = "20260101-000000-5eac"


def test_the_trials_and_the_result_of_a_search_are_shown(visit: Visit, app: App) -> None:
    run = Run.create(app.home / ID, RunConfig(), ROOT / "examples/hiking.csv", ROOT / "examples/tools.json", "Searched")
    settings = (run.config, replace(run.config, lr=0.004), replace(run.config, epochs=40.0, declarations="names"))
    trials = (
        Trial(0, 0.25, 0, "done", 12.0, 0.41, 30),
        Trial(1, 0.25, 0, "done", 12.5, 0.52, 30),
        Trial(2, 0.25, 0, "failed", 3.0, message="The loss is not a number."),
        Trial(0, 1.0, 1, "done", 40.0, 0.6, 30, tuple("abcdefghi")),
        Trial(1, 1.0, 1, "done", 41.0, 0.9, 30, ("a",)),
    )
    found = Found(1, True, "Better settings were found: 8 of 30 rows.", 30, 8, 0, 0.01)
    write_sweep(run, Sweep(30.0, 1, 32, ("lr",), {}, settings, 3, trials, found))
    visitor = visit(query=f"?run={ID}&step=train")
    table = visitor.page.locator("#search")
    expect(table).to_contain_text("Better settings were found")
    expect(table.locator("tbody tr").first).to_contain_text("lr 0.004")
    expect(table.locator("tbody tr").first).to_contain_text("29 of 30 (1 seed)")
    expect(table.locator("tbody tr").first).to_contain_text("chosen")
    expect(table.locator("tbody tr").nth(1)).to_contain_text("the settings to start from")
    expect(table.locator("tbody tr").nth(2)).to_contain_text("failed")
    take(visitor.page, "search-result")


def test_a_budget_that_is_not_allowed_is_refused(visit: Visit, app: App) -> None:
    visitor = visit()
    _open_form(visitor)
    visitor.page.get_by_label("Budget in minutes").fill("0")
    visitor.page.locator("#start-search").click()
    expect(visitor.page.locator("body")).to_contain_text("Budget in minutes: 0 is not allowed")
    expect(visitor.page.locator("#start-search")).to_be_visible()
    assert {entry.id for entry in FolderStore(app.home).list()} <= {ID}, "no run was made"


@pytest.mark.slow  # tests/unit/ui/test_search.py holds the flags, tests/jobs/test_sweep.py the search
def test_a_search_is_started_cancelled_and_continued(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    _open_form(visitor)
    page.get_by_label("Epochs").fill("1")
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Rows at most").fill("60")
    take(page, "search-form")
    page.locator("#start-search").click()
    expect(page.locator("#train-state")).to_contain_text("Searching for better settings", timeout=LOADING_MS)
    expect(page.locator("#search tbody tr").first).to_contain_text(re.compile(r"25\s%"), timeout=LOADING_MS)
    take(page, "search-running")
    page.locator("#train-state").get_by_role("button", name="Cancel").click()
    expect(page.locator("#train-state")).to_contain_text("The search was cancelled", timeout=60_000)
    expect(page.locator("#train-state")).to_contain_text("saved. The search can continue")
    take(page, "search-cancelled")
    visitor.button("Continue the search")
    expect(page.locator("#train-state")).to_contain_text("Searching for better settings", timeout=LOADING_MS)
    page.locator("#train-state").get_by_role("button", name="Cancel").click()
    expect(page.locator("#train-state")).to_contain_text("The search was cancelled", timeout=60_000)


def _open_form(visitor: Visitor) -> None:
    visitor.button("Use the example")
    visitor.button("Continue to Train")
    expect(visitor.page.get_by_role("button", name="Start training")).to_be_visible()
    visitor.page.locator("#search-form").get_by_text("Find better settings", exact=True).first.click()
    expect(visitor.page.locator("#start-search")).to_be_visible()
