"""The view of all runs: it sorts, picks with the keyboard, and compares on the same held-out rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.runs import FolderStore
from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from tests.several_runs import several_runs

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NAMES = "#all-runs tbody .open"


@pytest.fixture(scope="module")
def runs(app: App) -> None:
    """Four prepared runs, and a fifth whose record is damaged."""
    several_runs(FolderStore(app.home))
    damaged = app.home / "20261101-000000-0bad"
    damaged.mkdir()
    (damaged / "run.json").write_text("{", encoding="utf-8")


def test_without_runs_it_says_what_to_do(visit: Visit) -> None:
    page = visit().page
    page.get_by_role("button", name="Compare runs").click()
    expect(page.locator("#all-runs .empty")).to_contain_text("No runs yet")
    take(page, "runs-empty")
    page.locator("#all-runs").get_by_role("button", name="New run").click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()


@pytest.mark.usefixtures("runs")
def test_every_run_is_listed_and_each_column_sorts(visit: Visit) -> None:
    page = visit().page
    page.get_by_role("button", name="Compare runs").click()
    expect(page.locator("#all-runs tbody tr")).to_have_count(5)
    expect(_row(page, "0bad")).to_contain_text("cannot be read")
    expect(_row(page, "new")).to_contain_text("Not started")
    good = _row(page, "good")
    for shown in ("hiking.csv", "Epochs: 30", "95.0 %", "114 of 120", "5.0 s"):
        expect(good).to_contain_text(shown)
    expect(_row(page, "close")).to_contain_text("123.5 KB")
    for by, order in (("accuracy", "good close bad"), ("calls", "close bad good"), ("time", "good close bad")):
        head = page.locator(f'#all-runs th:has([data-by="{by}"])')
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", "descending" if by == "accuracy" else "ascending")
        expect(head.get_by_role("button")).to_be_focused()
        assert page.locator(NAMES).all_inner_texts()[:3] == order.split()
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert page.locator(NAMES).all_inner_texts()[:3] == ["bad", "close", "good"]
    take(page, "runs-list")
    page.locator(NAMES).filter(has_text="bad").first.click()
    expect(page.locator('.stepper [data-step="evaluate"]')).to_have_attribute("aria-current", "step")


@pytest.mark.usefixtures("runs")
def test_picked_runs_are_compared_on_the_same_rows(visit: Visit) -> None:
    page = visit(query="?step=runs").page
    _pick(page, "good")
    expect(page.locator("#compared")).to_contain_text("Pick one more run")
    _pick(page, "close")
    said = page.locator("#compared .callout")
    expect(said).to_contain_text("A (good) and B (close) are not told apart.")
    expect(said).to_contain_text("7 rows only A answers right, 3 only B (McNemar, p = 0.344)")
    expect(said).to_contain_text("held-out rows would tell them apart")
    expect(said).to_contain_text("B calls tools for fewer off-topic messages than A")
    expect(page.locator("#compared .settings-differ")).to_contain_text("Epochs")
    take(page, "runs-two")
    _pick(page, "bad")
    expect(said).to_contain_text("A (good) is better than C (bad). It is not told apart from B (close).")
    expect(page.locator("#compared")).to_contain_text("Each p is corrected for the 3 pairs of these 3 runs (Holm)")
    page.locator("#compared").get_by_role("button", name="Only B right: 3").click()
    listed = page.locator("#rows-differ .card")
    expect(listed).to_be_focused()
    expect(listed.locator("tbody tr")).to_have_count(3)
    expect(listed).to_contain_text("B answered")
    page.locator("#compared").get_by_role("button", name="Only A right: 57").click()
    expect(listed.locator(".pager")).to_contain_text("1–8 of 57")
    listed.get_by_role("button", name="Next").click()
    expect(listed.locator(".pager")).to_contain_text("9–16 of 57")
    take(page, "runs-three")
    page.reload()
    expect(said).to_contain_text("A (good) is better than C (bad)")
    page.locator("#compared").get_by_role("button", name="Clear").click()
    expect(page.locator("#compared .card")).to_have_count(0)


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])  # only colours differ
def test_it_fits_a_phone_and_the_keyboard(visit: Visit, scheme: str) -> None:
    page = visit(width=390, height=844, scheme=scheme, query="?step=runs").page
    for name in ("good", "bad"):
        box = page.get_by_role("checkbox", name=f"Compare {name}")
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_have_attribute("aria-checked", "true")
        expect(box).to_be_focused()
    expect(page.locator("#compared .callout")).to_contain_text("A (good) is better than B (bad).")
    page.locator('#all-runs [data-by="time"]').click()
    expect(page.locator('#all-runs th[aria-sort="ascending"]')).to_have_text("Time↑")
    assert page.evaluate(OVERFLOW) == 0


def _row(page: Page, name: str) -> Locator:
    return page.locator("#all-runs tbody tr", has=page.locator(".open", has_text=name))


def _pick(page: Page, name: str) -> None:
    box = page.get_by_role("checkbox", name=f"Compare {name}")
    box.click()
    expect(box).to_have_attribute("aria-checked", "true")
