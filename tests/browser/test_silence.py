"""A model that stays silent, in Try: its empty answer is an answer, on the server and in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.device import Verification
from backend.runs import Run
from backend.scoring import OffTopic
from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from ui.playground.off_topic import MOST_OFFERED
from ui.services.browser_runtime import runtime_route

Visit = Callable[..., Visitor]
RUN = "20261122-101500-5afe"
TITLE = "No call: this message is not for these tools"
LONG_MS = 180_000


@pytest.fixture(autouse=True)
def run(app: App, exported_run: Run) -> Path:
    """The exported run, in the app's own folder."""
    return app.keep(exported_run, RUN)


@pytest.fixture
def off_topic(run: Path) -> OffTopic:
    """What verification found of the off-topic messages."""
    found = Verification.read(run / "export" / "verification.json").off_topic
    assert found is not None
    return found


@pytest.mark.parametrize(
    "where",
    [
        "On the server",
        pytest.param(
            "In this browser",
            marks=pytest.mark.skipif(runtime_route() is None, reason="npm did not install @litert-lm/core here"),
        ),
    ],
)
def test_an_empty_answer_is_shown_as_silence(visit: Visit, off_topic: OffTopic, where: str) -> None:
    silent = next(row.answer.message for row in off_topic.rows if row.answer.message and not row.answer.raw)
    page = visit(query=f"?run={RUN}&step=try").page
    page.get_by_label(where).check()
    _ask(page, silent, where)
    answer = page.locator("#answer")
    expect(answer).to_contain_text(TITLE)
    expect(answer).to_contain_text("The model wrote nothing")
    expect(answer.locator(".badge")).to_have_text("off-topic: no call")
    expect(answer.locator(".callout.error, .listing")).to_have_count(0)
    take(page, f"try-silence-{'server' if where == 'On the server' else 'browser'}")


@pytest.mark.slow  # unit/ui/test_try_list.py holds the list and its counts
def test_the_off_topic_messages_are_asked_at_once(visit: Visit, off_topic: OffTopic) -> None:
    page = visit(query=f"?run={RUN}&step=try").page
    page.get_by_text("Many messages at once").click()
    page.get_by_role("button", name="Off-topic messages").click()
    expect(page.locator("#many-messages textarea")).not_to_have_value("")
    asked = page.locator("#many-messages textarea").input_value().split("\n")
    page.get_by_role("button", name="Ask all").click()
    expect(page.get_by_role("link", name="Download as CSV")).to_be_visible(timeout=LONG_MS)
    calls = sum(row.called for row in off_topic.rows if " ".join(row.answer.message.split()) in asked)
    assert len(asked) == MOST_OFFERED
    expect(page.locator("#many-table")).to_contain_text(f"calls on {calls} of {MOST_OFFERED} off-topic messages")
    take(page, "try-off-topic")


def test_the_export_says_how_often_the_file_calls_a_tool(visit: Visit, off_topic: OffTopic) -> None:
    page = visit(query=f"?run={RUN}&step=export").page
    said = f"Of {off_topic.calls.n} messages that are not for these tools, {off_topic.calls.k} are answered with a call"
    expect(page.locator("#export-off-topic")).to_contain_text(said)
    page.locator("#app-use summary").click()
    expect(page.locator("#app-use")).to_contain_text("A message that is not for the app")
    take(page, "export-off-topic")


def _ask(page: Page, message: str, where: str) -> None:
    page.get_by_label("Message", exact=True).fill(message)
    page.keyboard.press("Enter")
    expect(page.locator("#answer .card h2")).to_have_text(f"“{message}”", timeout=LONG_MS)
    expect(page.locator("#answer .card")).to_contain_text(f"{where} ·", timeout=LONG_MS)
