"""Fixes on the page: a preview of the changes, the fixed copy, Undo, and the download of the fixed files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.data import check_files
from tests.browser.conftest import Visitor
from tests.browser.screens import take
from tests.conftest import DataSet

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
STATUS = '[{"name": "get_ride_status", "args": {"query": "speed"}}]'
BROKEN = {
    2: ("  How fast am I riding just now?  ", STATUS),
    3: ("What speed am I doing at this moment?", "{'name': 'get_ride_status', 'args': {'query': 'speed'}}"),
    4: ("Tell me the speed I am at", '[{"name": "get_ride_status", "arguments": "{\\"query\\": \\"speed\\"}"}]'),
    5: ("Speed of mine right now please", '[{"name": "get_ride_statsu", "args": {"query": "speed"}}]'),
    6: ("Show <b>my</b> speed", STATUS),
    7: ("Show <b>my</b> speed", STATUS),
}


def test_a_broken_upload_is_fixed_on_the_page(visit: Visit, cycling: DataSet, tmp_path: Path) -> None:
    visitor, page = _broken(visit, cycling, tmp_path)
    group = page.locator("#problems .group", has_text="calls-python-repr")
    expect(group).to_contain_text("CSV, line 3")
    page.locator("#data-state").get_by_role("button", name="Fix all safe problems").click()
    expect(page.locator("#fixes")).to_contain_text("Fix all safe problems")
    expect(page.locator("#fixes")).to_contain_text("1 row dropped: line 7")
    changes = page.locator("#changes tbody tr")
    row = changes.filter(has_text="calls-python-repr")
    expect(row).to_contain_text("CSV, line 3")
    expect(row.locator("del")).to_contain_text("{'name'")
    expect(row.locator("ins")).to_contain_text(STATUS)
    expect(changes.filter(has_text="Row dropped")).to_contain_text("Show <b>my</b> speed")
    take(page, "fixes-all")
    visitor.button("Cancel")
    expect(page.locator("#problems")).to_contain_text("calls-python-repr")
    page.locator("#data-state").get_by_role("button", name="Fix all safe problems").click()
    visitor.button("Apply")
    expect(page.locator("#data-state .made")).to_contain_text("1 row dropped: line 7")
    expect(page.locator("#data-state")).to_contain_text("1 error ")
    take(page, "fixes-applied")
    _fix_the_tool(page)
    expect(page.locator("#data-state")).to_contain_text("941 rows · 6 tools · 0 errors")
    tools, rows = tmp_path / "fixed.json", tmp_path / "fixed.csv"
    tools.write_bytes(_download(page, "Download tools.json", "tools.json"))
    rows.write_bytes(_download(page, "Download the CSV", "broken-fixed.csv"))
    assert check_files(rows, tools).ok
    messages = [row["user_message"] for row in csv.DictReader(io.StringIO(rows.read_text(encoding="utf-8")))]
    assert messages[0] == "How fast am I riding just now?"
    visitor.button("Undo")
    expect(page.locator("#data-state")).to_contain_text("1 error ")


@pytest.mark.slow  # unit/ui/test_ways_out.py holds what leads to a row
def test_a_problem_shows_its_row_and_the_filters_narrow_the_list(
    visit: Visit, cycling: DataSet, tmp_path: Path
) -> None:
    _, page = _broken(visit, cycling, tmp_path)
    group = page.locator("#problems .group", has_text="calls-unknown-tool")
    group.locator("summary").press("Enter")
    group.get_by_role("button", name="line 5: show the row").press("Enter")
    detail = page.locator("#problems .row-detail")
    expect(detail).to_contain_text("Speed of mine right now please")
    take(page, "problem-row")
    assert page.evaluate(OVERFLOW) == 0
    detail.get_by_role("button", name="Close the row of line 5").click()
    expect(detail).to_have_count(0)
    expect(group.locator("details")).to_have_attribute("open", "")
    page.locator("#severity").get_by_text("Warnings").click()
    expect(page.locator("#problems .badge.error")).to_have_count(0)
    placeholder = page.locator("#problems .group", has_text="message-placeholder")
    expect(placeholder).to_contain_text("30 rows: CSV, lines")
    page.get_by_label("Rule").click()
    page.get_by_role("option", name="message-placeholder").click()
    expect(page.locator("#problems .group")).to_have_count(1)


@pytest.mark.slow  # unit/data/test_clean_sets.py holds the option
def test_rows_with_several_calls_pass_once_the_switch_is_on(visit: Visit, cycling: DataSet, tmp_path: Path) -> None:
    rows = _rows(cycling)
    rows[1][1] = STATUS[:-1] + ', {"name": "find_nearby_poi", "args": {"query": "water"}}]'
    visitor = visit()
    page = visitor.page
    visitor.upload(cycling.tools, _written(rows, tmp_path / "several.csv"))
    expect(page.locator("#data-state")).to_contain_text("1 error ")
    page.get_by_label("Rows may call several tools").check()
    expect(page.locator("#data-state")).to_contain_text("0 errors")
    page.reload()
    expect(page.get_by_label("Rows may call several tools")).to_be_checked()
    expect(page.get_by_label("Rows may call nothing")).not_to_be_checked()


@pytest.mark.slow  # unit/data/test_suspects.py and test_splitting.py hold its parts
def test_labels_are_doubted_and_rows_of_ones_own_are_held_out(visit: Visit, cycling: DataSet, tmp_path: Path) -> None:
    test = [["user_message", "tool_calls"]]
    test += [[f"How quick was I at kilometre {number} of today?", STATUS] for number in range(12)]
    visitor = visit()
    page = visitor.page
    visitor.upload(cycling.tools, cycling.dataset)
    expect(page.locator("#data-state")).to_contain_text("942 rows")
    page.get_by_role("tab", name="Labels").click()
    page.get_by_role("button", name="Find labels that look wrong").click()
    page.get_by_role("tab", name="Test", exact=True).click()
    page.set_input_files("#upload-test input[type=file]", _written(test, tmp_path / "mine.csv"))
    expect(page.locator("#test-state")).to_contain_text("12 rows · 6 tools · 0 errors")
    take(page, "test-rows")
    page.get_by_role("button", name="Hold these 12 rows out").click()
    expect(page.locator("#data-state")).to_contain_text("954 rows")
    expect(page.locator("#data-state")).to_contain_text("12 rows of mine.csv held out")
    visitor.button("Undo")
    expect(page.locator("#data-state")).to_contain_text("942 rows")
    page.get_by_role("tab", name="Labels").click()
    expect(page.locator("#review")).to_contain_text("Classifier's accuracy")
    expect(page.locator("#suspects tbody tr")).not_to_have_count(0)
    take(page, "labels")


@pytest.mark.slow  # test_data.py opens these tabs, unit/data holds what is counted
def test_values_and_lengths_are_counted(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.button("Use the example")
    page.get_by_role("tab", name="Tools").click()
    page.locator("#values summary").first.click()
    expect(page.locator("#values .progress").first).to_be_visible()
    take(page, "values")
    page.get_by_role("tab", name="Tokens").click()
    expect(page.locator("#lengths")).to_contain_text("characters or less")
    page.locator("#length-unit").get_by_text("tokens").click()
    expect(page.locator("#lengths")).to_contain_text("tokens or less")
    take(page, "lengths")


@pytest.mark.slow  # unit/data holds the values and the fix, the test above a fix on the page
def test_closed_values_are_offered_as_an_enum_with_their_rows(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.button("Use the example")
    group = page.locator("#problems .group", has_text="values-closed")
    _open(group)
    group.get_by_role("button", name="tools.json, line 10: show the rows").click()
    rows = group.locator(".row-detail")
    expect(rows).to_contain_text("1–8 of 196")
    rows.get_by_role("button", name="Next").click()
    expect(rows).to_contain_text("9–16 of 196")
    take(page, "closed-values")
    group.get_by_role("button", name="Fix 5 problems").click()
    expect(page.locator("#fixes")).to_contain_text("they change what the model sees and what an app accepts")
    expect(page.locator("#changes tbody tr")).to_have_count(5)
    take(page, "closed-values-fix")
    visitor.button("Apply")
    expect(page.locator("#data-state .made")).to_contain_text("5 changes in tools.json")
    expect(page.locator("#problems")).not_to_contain_text("values-closed")


def test_names_in_downloads_lead_nowhere(visit: Visit) -> None:
    visitor = visit()
    for path in ("data/example/secret", "data/..%2f..%2fetc/dataset", "data/none/dataset"):
        answer = visitor.page.request.get(visitor.app.url + path)
        assert answer.status == 404, path


def _broken(visit: Visit, cycling: DataSet, folder: Path) -> tuple[Visitor, Page]:
    rows = _rows(cycling)
    for line, (message, calls) in BROKEN.items():
        rows[line - 1] = [message, calls]
    visitor = visit()
    visitor.upload(cycling.tools, _written(rows, folder / "broken.csv"))
    expect(visitor.page.locator("#data-state")).to_contain_text("Not ready to train")
    return visitor, visitor.page


def _fix_the_tool(page: Page) -> None:
    """Apply the fix that may change what a row means, after its warning."""
    group = page.locator("#problems .group", has_text="calls-unknown-tool")
    _open(group)
    group.get_by_role("button", name="Fix line 5").click()
    expect(page.locator("#fixes")).to_contain_text("Review these changes")
    expect(page.locator("#changes ins")).to_contain_text("get_ride_status")
    take(page, "fixes-one")
    page.get_by_role("button", name="Apply", exact=True).click()


def _open(group: Locator) -> None:
    if group.locator("details").get_attribute("open") is None:
        group.locator("summary").click()


def _download(page: Page, name: str, file: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    assert download.value.suggested_filename == file
    return download.value.path().read_bytes()


def _rows(data: DataSet) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.dataset.read_text(encoding="utf-8"))))


def _written(rows: list[list[str]], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path
