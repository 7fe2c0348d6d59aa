"""The list of runs: it survives a restart, jobs can be cancelled, runs deleted, and visitors do not meet."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from backend.runs import read_events
from tests.browser.conftest import App, Visitor, restarted
from tests.browser.screens import take
from tests.browser.settled import wait_for_polls

Visit = Callable[..., Visitor]
LOADING_MS = 180_000


@pytest.mark.slow  # tests/unit/jobs/test_local.py holds cancelling, a restart and deletion
def test_a_run_is_cancelled_survives_a_restart_and_is_deleted(visit: Visit, app: App) -> None:
    visitor = visit()
    page = visitor.page
    _start(visitor, "First try", epochs="40")
    expect(page.locator("#train-state")).to_contain_text(re.compile(r"Step \d{2,} of"), timeout=LOADING_MS)
    page.locator("#train-state").get_by_role("button", name="Cancel").click()
    expect(page.locator("#train-state")).to_contain_text("Training was cancelled", timeout=60_000)
    expect(page.locator(".run.current")).to_contain_text("Training cancelled")
    take(page, "train-cancelled")
    visitor.step("evaluate")
    expect(page.locator("#evaluate-blank")).to_contain_text("Nothing to evaluate yet")
    visitor.step("train")

    address = page.url
    with restarted(app, page):
        pass
    visitor.errors.clear()  # the page noticed that the app was away
    expect(page.locator(".run.current")).to_contain_text("First try")
    expect(page.locator("#train-state")).to_contain_text("Training was cancelled")
    expect(page.locator("#loss .js-line").first).to_be_visible()

    visitor.button("Train again with other settings")
    expect(page.get_by_label("Name", exact=False).first).to_have_value("First try")
    expect(page.locator("#estimate")).to_contain_text("in 40 epochs")
    wait_for_polls(page)
    expect(page.locator("#estimate")).to_contain_text("in 40 epochs")
    page.locator(".run .open").click()
    expect(page.locator(".run.current")).to_be_visible()
    page.locator(".run").hover()
    page.locator(".run .remove").click()
    expect(page.locator(".run")).to_contain_text("Delete First try and all its files?")
    take(page, "runs-delete")
    page.locator(".run").get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".run .title")).to_have_text("First try")
    page.locator(".run").hover()
    page.locator(".run .remove").click()
    page.locator(".run .confirm").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#runs")).to_contain_text("They remain after a restart")
    (run,) = parse_qs(urlsplit(address).query)["run"]
    assert not (app.home / run).exists()


@pytest.mark.slow  # jobs/test_train_resume.py and hub/test_road.py hold resuming, the test above Cancel
def test_a_cancelled_training_goes_on_from_where_it_was_kept(visit: Visit, app: App) -> None:
    visitor = visit()
    page = visitor.page
    _to_settings(visitor)
    page.locator(".ft-segments").get_by_text("Fast", exact=True).click()
    expect(page.get_by_label("Epochs")).to_have_value("10")
    page.get_by_text("Nothing", exact=True).click()
    take(page, "train-simple")
    page.get_by_role("button", name="Advanced").click()
    page.get_by_label("Rows at most").fill("60")
    page.get_by_label("Batch size").fill("2")
    take(page, "train-advanced")
    visitor.button("Start training")
    expect(page.locator("#train-state")).to_contain_text(re.compile(r"epoch [2-9]"), timeout=LOADING_MS)
    page.locator("#train-state").get_by_role("button", name="Cancel").click()
    expect(page.locator("#train-state")).to_contain_text("It can resume from step", timeout=60_000)
    take(page, "train-kept")
    page.locator("#train-state").get_by_role("button", name="Resume from step").click()
    expect(page.locator("#train-result")).to_contain_text("Rows trained on", timeout=2 * LOADING_MS)
    expect(page.locator("#train-result")).to_contain_text("290 steps")
    (run,) = parse_qs(urlsplit(page.url).query)["run"]
    assert [event["event"] for event in read_events(app.home / run / "metrics.jsonl")[0]].count("resume") == 1


@pytest.mark.slow  # tests/unit/jobs/test_local.py holds a job that outlives its app, the test above a restart
def test_training_goes_on_while_the_app_is_away(visit: Visit, app: App) -> None:
    visitor = visit()
    page = visitor.page
    _start(visitor, "Goes on", quick=True)
    expect(page.locator("#train-state .bar")).to_be_visible()
    with restarted(app, page):
        pass
    visitor.errors.clear()
    expect(page.locator("#train-result")).to_contain_text("Rows trained on", timeout=LOADING_MS)
    expect(page.locator(".run.current")).to_contain_text("Goes on (quick test)")


@pytest.mark.slow  # attacks/test_two_users.py holds two visitors
def test_two_visitors_do_not_disturb_each_other(visit: Visit) -> None:
    one, other = visit(), visit()
    one.button("Use the example")
    expect(one.page.locator("#data-state")).to_contain_text("hiking.csv")
    expect(other.page.get_by_role("button", name="Use the example")).to_be_visible()
    other.step("try")
    wait_for_polls(other.page)
    wait_for_polls(one.page)
    expect(one.page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    expect(other.page.get_by_role("heading", name="Try", exact=True)).to_be_visible()


@pytest.mark.slow  # unit/ui holds what the form refuses
def test_wrong_settings_are_refused_in_words(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    _to_settings(visitor)
    page.get_by_role("button", name="Advanced").click()
    page.get_by_label("Held out").fill("5")
    visitor.button("Start training")
    expect(page.locator("#notice")).to_contain_text("test split: 5 is not allowed")
    take(page, "train-refused")
    page.get_by_text("A folder or a Hub id").click()
    visitor.button("Start training")
    expect(page.locator("#notice")).to_contain_text("Name the base model")


@pytest.mark.slow  # unit/ui/test_settings_values.py holds the values
def test_the_rate_and_the_fields_follow_the_base_and_what_is_trained(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    _to_settings(visitor)
    page.get_by_role("button", name="Advanced").click()
    rate, rank = page.get_by_label("Learning rate"), page.get_by_label("LoRA rank")
    expect(rate).to_have_value("0.001")
    expect(rank).to_be_hidden()
    page.get_by_text("A folder or a Hub id").click()
    expect(rate).to_have_value("0.0005")
    expect(rank).to_be_visible()
    take(page, "train-adapter")
    page.get_by_label("What is trained").click()
    page.get_by_role("option", name="All weights").click()
    expect(rate).to_have_value("0.00005")
    expect(rank).to_be_hidden()
    page.get_by_text("FunctionGemma 270M", exact=True).click()
    expect(rate).to_have_value("0.0005")
    expect(rank).to_be_visible()


def test_an_address_without_a_run_says_so(visit: Visit) -> None:
    page: Page = visit(query="?run=20200101-000000-0000&step=train").page
    expect(page.locator("#notice")).to_contain_text("There is no run '20200101-000000-0000'")


def _to_settings(visitor: Visitor) -> None:
    visitor.button("Use the example")
    visitor.button("Continue to Train")
    expect(visitor.page.get_by_role("button", name="Start training")).to_be_visible()


def _start(visitor: Visitor, name: str, *, quick: bool = False, epochs: str = "auto") -> None:
    _to_settings(visitor)
    visitor.page.get_by_label("Epochs").fill(epochs)
    visitor.page.get_by_label("Name", exact=False).first.fill(name)
    visitor.button("Quick test" if quick else "Start training")
