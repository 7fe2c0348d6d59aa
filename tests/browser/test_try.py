"""The Try step beyond one question: a list of messages, models side by side, a corrected answer as a new row."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.runs import Run
from tests.browser.conftest import App, Visitor
from tests.browser.screens import take

Visit = Callable[..., Visitor]
RUN = "20261122-101500-beef"
LIST = ("is there water near me", "how steep is it up there", "tell anna where I am")
LONG_MS = 180_000


@pytest.fixture(autouse=True)
def run(app: App, exported_run: Run) -> Path:
    """The exported run, in the app's own folder."""
    return app.keep(exported_run, RUN)


@pytest.mark.slow  # unit/ui/test_try_list.py and jobs/test_answer_checkpoint.py hold its parts
def test_a_list_is_answered_by_file_and_checkpoint_side_by_side(visit: Visit, tmp_path: Path) -> None:
    page = visit(query=f"?run={RUN}&step=try").page
    expect(page.locator("#try-alone")).to_contain_text("no base model")
    page.get_by_label("Checkpoint").check()
    page.get_by_text("Many messages at once").click()
    (tmp_path / "list.txt").write_text("\n".join(LIST), encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        page.locator("#many-file").click()
    chooser.value.set_files(tmp_path / "list.txt")
    expect(page.locator("#many-messages textarea")).to_have_value("\n".join(LIST))
    page.get_by_role("button", name="Ask all").click()
    save = page.get_by_role("link", name="Download as CSV")
    expect(save).to_be_visible(timeout=LONG_MS)
    expect(page.locator("#many-table tbody tr")).to_have_count(len(LIST))
    take(page, "try-list")
    with page.expect_download() as download:
        save.click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["user_message"] for row in rows] == list(LIST)
    assert all(row["file_tool_calls"] for row in rows)
    assert [row["tuned_raw"] for row in rows] == [row["file_raw"] for row in rows]  # int8 loses nothing of the starter


@pytest.mark.slow  # unit/ui/test_try_list.py holds its parts
def test_a_corrected_answer_becomes_a_row_of_a_copy(visit: Visit, run: Path) -> None:
    visitor = visit(query=f"?run={RUN}&step=try")
    page = visitor.page
    before = (run / "inputs" / "dataset.csv").read_bytes()
    _ask(page, "where is the next hut of dreams")
    visitor.button("Correct this answer")
    _add(page, '[{"name": "find_nearby_plac", "args": {"query": "shelter"}}]')
    expect(page.locator("#correct-result")).to_contain_text("Did you mean find_nearby_place?")
    take(page, "try-correct")
    _add(page, '[{"name": "find_nearby_place", "args": {"query": "shelter"}}]')
    expect(page.locator("#correct-result")).to_contain_text("1 new row")
    _ask(page, "hut of nightmares, how far")
    expect(page.locator("#history li")).to_have_count(1)
    visitor.button("Correct this answer")
    _add(page, '[{"name": "find_nearby_place", "args": {"query": "shelter"}}]')
    expect(page.locator("#correct-result")).to_contain_text("2 new rows")
    visitor.button("Continue with it on Data")
    expect(page.locator("#data-state")).to_contain_text("982 rows · 5 tools · 0 errors")
    expect(page.locator("#data-state")).to_contain_text("2 rows added on the Try step")
    assert (run / "inputs" / "dataset.csv").read_bytes() == before
    visitor.button("Undo")
    expect(page.locator("#data-state")).to_contain_text("981 rows")


def _ask(page: Page, message: str) -> None:
    page.get_by_label("Message", exact=True).fill(message)
    page.keyboard.press("Enter")
    expect(page.locator("#answer .card h2")).to_have_text(f"“{message}”", timeout=LONG_MS)
    expect(page.locator("#ask")).to_be_visible()


def _add(page: Page, calls: str) -> None:
    page.get_by_label("The right calls").fill(calls)
    page.get_by_role("button", name="Add to training data").click()
