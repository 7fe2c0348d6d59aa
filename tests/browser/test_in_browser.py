"""The exported file run by the visitor's own browser: the same answers as on the server, stored for the next visit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.runs import Run
from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from ui.services.browser_runtime import runtime_route

Visit = Callable[..., Visitor]
RUN = "20261122-101500-abcd"
UNSEEN = ("is there water near me", "how steep is it up there", "tell anna where I am", "what time is sunset")
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile"
LOAD_MS = 120_000

pytestmark = pytest.mark.skipif(runtime_route() is None, reason="npm did not install @litert-lm/core here")


@pytest.fixture(autouse=True)
def run(app: App, exported_run: Run) -> Path:
    """The exported run, in the app's own folder."""
    return app.keep(exported_run, RUN)


@pytest.mark.slow  # test_silence.py answers in both places, the tests below in the browser
def test_both_places_give_the_same_answers(visit: Visit) -> None:
    visitor = visit(query=f"?run={RUN}&step=try")
    page = visitor.page
    messages = [*UNSEEN, f"{UNSEEN[0]} <unused7>"]
    on_server = [_asked(page, message, "On the server") for message in messages]
    _choose_browser(page)
    in_browser = [_asked(page, message, "In this browser") for message in messages]
    assert in_browser == on_server
    calls = [(raw, name) for raw, name in in_browser[: len(UNSEEN)] if raw]
    assert len(calls) >= 2
    assert all(raw.startswith("<start_function_call>") and name in raw for raw, name in calls)
    expect(page.locator("#answer")).to_contain_text("first token after")
    expect(page.locator("#answer")).to_contain_text("tokens/s")
    take(page, "try-in-browser")


@pytest.mark.slow  # tests/unit/ui/test_browser_model.py holds the worker's configuration
def test_the_file_is_cached_for_the_next_visit(visit: Visit) -> None:
    visitor = visit(query=f"?run={RUN}&step=try")
    page = visitor.page
    fetched: list[str] = []
    page.context.on("request", lambda request: fetched.append(request.url))
    _choose_browser(page)
    assert any(url.endswith(".litertlm") for url in fetched)
    fetched.clear()
    page.reload()
    _choose_browser(page)
    expect(page.locator("#browser-model")).to_contain_text("stored by this browser on an earlier visit")
    assert not any(url.endswith(".litertlm") for url in fetched)


@pytest.mark.slow  # unit/ui/test_browser_model.py holds the worker
def test_stop_ends_it_and_the_next_question_starts_it_again(visit: Visit) -> None:
    page = visit(query=f"?run={RUN}&step=try").page
    page.get_by_label("In this browser").check()
    page.locator("#browser-model").get_by_role("button", name="Stop").click()
    expect(page.locator("#browser-model")).to_contain_text("Stopped")
    assert _asked(page, UNSEEN[0], "In this browser")[0].startswith("<start_function_call>")


@pytest.mark.slow  # the next test holds that the server answers instead
def test_a_phone_is_answered_by_the_server_unless_its_owner_insists(visit: Visit) -> None:
    page = visit(390, 844, query=f"?run={RUN}&step=try", user_agent=ANDROID).page
    page.get_by_label("In this browser").check()
    expect(page.locator("#browser-model")).to_contain_text("Phones give a page too little memory")
    _asked(page, UNSEEN[0], "On the server")
    expect(page.locator("#answer")).to_contain_text("too little memory for most models, so the server answered.")
    take(page, "try-phone")
    page.get_by_role("button", name="Use this phone anyway").click()
    expect(page.locator("#browser-model")).to_contain_text("Ready in this browser", timeout=LOAD_MS)
    _asked(page, UNSEEN[1], "In this browser")


def test_a_browser_that_cannot_says_so_and_the_server_answers(visit: Visit) -> None:
    page = visit(query=f"?run={RUN}&step=try", before="WebAssembly.validate = () => false").page
    page.get_by_label("In this browser").check()
    expect(page.locator("#browser-model")).to_contain_text("lacks features of WebAssembly")
    assert _asked(page, UNSEEN[0], "On the server")[0].startswith("<start_function_call>")
    expect(page.locator("#answer")).to_contain_text("so the server answered")


def _choose_browser(page: Page) -> None:
    page.get_by_label("In this browser").check()
    expect(page.locator("#browser-model")).to_contain_text("Ready in this browser", timeout=LOAD_MS)


def _asked(page: Page, message: str, where: str) -> tuple[str, str]:
    """The model's text for a message, and the tool on the card, from the selected place; both are empty for silence."""
    page.locator("#message textarea").fill(message)
    page.keyboard.press("Enter")
    answer = page.locator("#answer .card")
    expect(answer.locator("h2")).to_have_text(f"“{message}”", timeout=LOAD_MS)
    expect(answer).to_contain_text(f"{where} ·", timeout=LOAD_MS)
    if not answer.locator(".call-name").count():
        expect(answer).to_contain_text("No call")
        return "", ""
    return answer.locator(".listing").inner_text(), answer.locator(".call-name").inner_text()


@pytest.mark.slow  # unit/ui/test_browser_model.py holds the configuration of the worker
def test_a_message_that_almost_fills_the_context_is_read_in_one_piece(visit: Visit) -> None:
    """In a separate piece it would not fit, because the runtime reads in blocks of 256 tokens."""
    page = visit(query=f"?run={RUN}&step=try").page
    page.get_by_label("In this browser").check()
    page.locator("#message textarea").fill("word " * 270)
    page.keyboard.press("Enter")
    expect(page.locator("#answer .card h2")).to_contain_text("word word", timeout=LOAD_MS)
    expect(page.locator("#answer .card")).to_contain_text("In this browser ·", timeout=LOAD_MS)
