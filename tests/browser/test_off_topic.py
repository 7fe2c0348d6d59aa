"""Messages that are not for the tools: put back and added in the Data step, read and filtered in the Evaluate step."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from backend.runs import Run
from backend.runs.run import new_id
from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from tests.scripted import evaluate_scripted

Visit = Callable[..., Visitor]
EVALUATING_MS = 120_000


@pytest.fixture
def run(app: App, trained_run: Run) -> Run:
    """A trained starter with scripted answers, which call a tool for each fifth off-topic message."""
    run = Run.open(app.keep(trained_run, new_id()))
    evaluate_scripted(run)
    return run


@pytest.mark.slow  # unit/off_topic holds the choice
def test_off_topic_messages_are_put_back_and_near_misses_are_kept(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.button("Use the example")
    expect(page.locator("#data-state")).to_contain_text("0 errors")
    page.get_by_role("tab", name="Off-topic").click()
    card, box = page.locator("#off-topic-messages"), page.get_by_label("Near misses")
    expect(card).to_contain_text("“weather” is in the name get_weather")
    taught = int(card.locator(".figure .value").nth(1).inner_text().replace(",", ""))
    box.fill("not saved yet")
    card.get_by_role("button", name="Put back: weather", exact=True).click()
    expect(card.get_by_role("button", name="Leave out again: weather", exact=True)).to_be_visible()
    expect(card.locator(".figure .value").nth(1)).to_have_text(f"{taught + 49:,}")
    expect(box).to_have_value("not saved yet")

    box.fill("hiking is fun\n" + "a" * 501)
    page.locator("#save-near-misses").click()
    problem = page.locator("#near-misses-problem")
    expect(problem).to_contain_text("The near misses, line 2: 501 characters; at most 500")
    expect(box).to_have_value("hiking is fun\n" + "a" * 501)
    box.fill("hiking is fun\n\n  who made   these boots")
    page.locator("#save-near-misses").click()
    expect(page.locator("#near-misses-state")).to_contain_text("2 near misses stored with this data.")
    expect(problem).not_to_contain_text("characters")
    expect(box).to_have_value("hiking is fun\nwho made these boots")
    take(page, "data-off-topic")

    page.reload()
    page.get_by_role("tab", name="Off-topic").click()
    expect(box).to_have_value("hiking is fun\nwho made these boots")
    card.get_by_role("button", name="Leave out again: weather", exact=True).click()
    expect(card.get_by_role("button", name="Put back: weather", exact=True)).to_be_visible()
    expect(box).to_have_value("hiking is fun\nwho made these boots")


@pytest.mark.slow  # unit/ui/test_off_topic_evaluation.py holds its parts
def test_calls_on_off_topic_messages_are_shown_first_and_filtered(visit: Visit, run: Run) -> None:
    page = visit(query=f"?run={run.path.name}&step=evaluate").page
    off_topic = evaluation_of(run)["off_topic"]
    rates, rows = page.locator("#off-topic-rates"), page.locator("#off-topic-rows")
    expect(page.locator("#scores .figure").last).to_contain_text("Lower is better.")
    expect(rates.locator("tbody tr")).to_have_count(len(off_topic["by_kind"]) + len(off_topic["by_language"]))
    expect(rows.locator(".pager")).to_contain_text(f"1–8 of {len(off_topic['rows'])}")
    expect(rows.locator(".badge").first).to_have_text("calls a tool")
    expect(rows.locator("mark").first).to_be_visible()
    rows.get_by_role("button", name="Next").click()
    expect(rows.locator(".pager")).to_contain_text("9–16 of")

    choose(page, "Answer", "No call")
    expect(rows.locator(".badge").first).to_have_text("no call")
    choose(page, "Kind of message", "near miss")
    expect(rows.locator("tbody tr")).to_have_count(2)
    choose(page, "Language", "German")
    expect(rows).to_contain_text("wie schwer ist ein Rucksack")
    expect(rows.locator("tbody tr")).to_have_count(1)

    page.locator('#advice [data-advice="0"]').click()
    expect(page.locator("#off-topic")).to_be_focused()
    expect(rows.locator(".pager")).to_contain_text(f"1–8 of {off_topic['calls']['k']}")
    expect(page.get_by_label("Answer", exact=True)).to_have_value(re.compile("Calls a tool"))
    expect(page.locator("#row-browser")).not_to_be_focused()

    left_out = page.locator("#off-topic-left-out")
    expect(left_out.locator("table")).to_be_hidden()
    left_out.locator("summary").click()
    expect(left_out.locator("tbody tr")).to_have_count(len(off_topic["left_out"]))
    expect(left_out).to_contain_text("is in the name get_hike_status")
    take(page, "evaluate-off-topic")


def test_an_evaluation_without_off_topic_messages_offers_to_evaluate_again(visit: Visit, run: Run) -> None:
    older = evaluation_of(run)
    del older["off_topic"]
    run.evaluation_path.write_text(json.dumps(older), encoding="utf-8")
    page = visit(query=f"?run={run.path.name}&step=evaluate").page
    expect(page.locator("#off-topic")).to_contain_text("from an earlier version, which asked no such messages")
    expect(page.locator("#off-topic-rows")).to_be_hidden()
    expect(page.locator("#off-topic").get_by_role("button", name="Evaluate again")).to_be_enabled()


@pytest.mark.slow  # jobs/test_near_misses.py asks them, the test above offers it
def test_an_older_evaluation_is_made_again(visit: Visit, run: Run) -> None:
    older = evaluation_of(run)
    del older["off_topic"]
    run.evaluation_path.write_text(json.dumps(older), encoding="utf-8")
    page = visit(query=f"?run={run.path.name}&step=evaluate").page
    page.locator("#off-topic").get_by_role("button", name="Evaluate again").click()
    expect(page.locator("#evaluate-state")).to_contain_text("Evaluating")
    expect(page.locator("#evaluate-state .phases")).to_contain_text("answers off-topic", timeout=EVALUATING_MS)
    expect(page.locator("#off-topic-rows tbody tr").first).to_be_visible(timeout=EVALUATING_MS)


def evaluation_of(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run.evaluation_path.read_bytes())
    return found


def choose(page: Page, label: str, start: str) -> None:
    """Select the option that contains `start` in a list of the Evaluate step."""
    field = page.get_by_label(label, exact=True)
    field.evaluate("field => field.scrollIntoView({block: 'center'})")  # the list needs space, and does not scroll
    field.click()
    page.get_by_role("option").filter(has_text=start).click()
