"""Writing more rows on the page: by hand on a phone, and with a teacher on this machine that is stopped in between."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from tests.browser.settled import wait_for_polls
from tests.unit.data.builders import quoted, write_files
from tests.unit.growing.chat_server import MODEL, ChatServer, Fault, Handler
from tests.unit.growing.sets import HELD_OUT, LIGHT, MUSIC, SEEDS

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
KEY = "sk-page-51b07cd2"
START = "Write more rows with a large model…"


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    server = ChatServer((KEY,))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def files(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """The rows and the tools of a small set, with its split column; each test has data of its own."""
    header = quoted("user_message", "tool_calls", "split")
    rows = [*(quoted(*row, "train") for row in SEEDS), *(quoted(*row, "test") for row in HELD_OUT)]
    dataset, tools = write_files(tmp_path, "\n".join([header, *rows]) + "\n", [LIGHT, MUSIC])
    return dataset.rename(tmp_path / f"{request.node.name[:40]}.csv"), tools


def test_rows_are_written_by_hand_on_a_phone(visit: Visit, files: tuple[Path, Path], chat: ChatServer) -> None:
    visitor = visit(width=390, height=844)
    page = visitor.page
    _plan(visitor, files, lights=3, songs=2)
    take(page, "grow-plan")
    assert page.evaluate(OVERFLOW) == 0
    visitor.button("Continue")
    hand = page.locator("#grow-hand")
    expect(hand).to_contain_text("Copy this prompt into any chat")
    page.locator("#grow-answer textarea").fill("I cannot do that, sorry.")
    visitor.button("Check the answer")
    expect(hand).to_contain_text("No row was found in this text")
    expect(page.locator("#grow-answer textarea")).to_have_value("I cannot do that, sorry.")
    first = _prompt(hand)
    assert not any(message in first for message, _ in HELD_OUT)
    _paste(visitor, chat.written(first))
    expect(hand).to_contain_text("Second labels")
    page.locator("#grow-answer textarea").fill("half of an answer")
    wait_for_polls(page)
    expect(page.locator("#grow-answer textarea")).to_have_value("half of an answer")
    take(page, "grow-hand")
    page.reload()
    expect(hand).to_contain_text("Second labels")
    _paste(visitor, chat.written(_prompt(hand)))
    expect(page.locator("#grow-head")).to_contain_text("3 rows asked, 3 of 5 kept, 0 refused")
    second = _prompt(hand)
    _paste(visitor, chat.written(second).replace('"play_music"', '"set_light"', 1))
    expect(hand).to_contain_text("Second labels")
    visitor.button("Keep them with one label")
    review = page.locator("#grow-review")
    expect(review).to_contain_text("4 written rows")
    expect(review.locator(".badge", has_text="one label")).to_have_count(1)
    review.get_by_text("1 row refused").click()
    expect(review).to_contain_text("a rule of the check finds a problem")
    review.get_by_role("button", name="Leave out:").first.click()
    expect(review.locator(".badge", has_text="left out")).to_have_count(1)
    take(page, "grow-review")
    assert page.evaluate(OVERFLOW) == 0
    visitor.button("Add 3 rows to the set")
    state = page.locator("#data-state")
    expect(state.locator(".made")).to_contain_text("Added 3 rows that a chat wrote.")
    expect(state).to_contain_text("3 of 14 rows are written by a large model")
    visitor.button("Undo")
    expect(state).not_to_contain_text("written by a large model")
    visitor.button(START)
    expect(review).to_contain_text("4 written rows")


def test_a_teacher_is_stopped_and_goes_on_and_its_key_is_kept_nowhere(
    visit: Visit, app: App, files: tuple[Path, Path], chat: ChatServer
) -> None:
    held, go_on = threading.Event(), threading.Event()

    def slow(handler: Handler, text: str) -> None:
        held.set()
        go_on.wait(60)
        handler.stream(text)

    visitor = visit()
    page, head = visitor.page, visitor.page.locator("#grow-head")
    _plan(visitor, files, lights=20, songs=20)
    chat.faults = [Fault(), Fault(), Fault(send=slow)]
    _ask(visitor, chat.address)
    offer = page.locator("#grow-offer")
    expect(offer).to_contain_text("Your tools and 9 rows are sent to 127.0.0.1:")
    take(page, "grow-offer")
    assert chat.asked == []
    page.locator("#grow-key input").fill(KEY)
    visitor.button("Start")
    expect(head).to_contain_text("20 rows asked, 20 of 40 kept")
    assert held.wait(30)
    take(page, "grow-running")
    page.reload()
    expect(head).to_contain_text("20 rows asked, 20 of 40 kept")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(head).to_contain_text("20 rows asked, 20 of 40 kept")
    visitor.button("Stop")
    go_on.set()
    expect(head).to_contain_text("You stopped the writing")
    asked = len(chat.chats)
    take(page, "grow-stopped")
    visitor.button("Continue")
    page.locator("#grow-key input").fill(KEY)
    visitor.button("Start")
    expect(head).to_contain_text("40 of 40 kept")
    expect(head).to_contain_text("No request is left")
    assert len(chat.chats) == asked + 2
    sent = "\n".join(one.text for one in chat.asked)
    assert not any(message in sent for message, _ in HELD_OUT)
    visitor.button("Add 40 rows to the set")
    expect(page.locator("#data-state")).to_contain_text("40 of 51 rows are written by a large model")
    stored = [path for path in app.home.rglob("*") if path.is_file()]
    assert stored
    assert not [path for path in stored if KEY.encode() in path.read_bytes()]
    assert KEY not in app.said
    kept = page.evaluate(
        "[location.href, document.cookie, JSON.stringify({...localStorage, ...sessionStorage})].join()"
    )
    assert KEY not in kept


def test_a_teacher_that_cannot_be_reached_and_a_wrong_number_are_named(visit: Visit, files: tuple[Path, Path]) -> None:
    visitor = visit()
    page = visitor.page
    _plan(visitor, files, lights=2, songs=2)
    _number(page, '["tools","set_light","rows"]').fill("20000")
    _number(page, '["tools","set_light","rows"]').blur()
    expect(page.locator("#grow-estimate")).to_contain_text("Enter a whole number from 0 to 10,000.")
    _ask(visitor, "ftp://somewhere")
    expect(page.locator("#grow-offer")).to_contain_text("not an http or https address")
    page.locator("#grow-address input, #grow-address textarea").fill("http://127.0.0.1:1/v1")
    visitor.button("Continue")
    visitor.button("Start")
    expect(page.locator("#grow-head")).to_contain_text("cannot be reached")
    expect(page.locator("#grow-estimate")).to_contain_text("4 rows to write")
    visitor.button("Continue")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    page.locator("#grow-address input, #grow-address textarea").fill("http://127.0.0.1:2/v1")
    visitor.button("Start")
    expect(page.locator("#grow-offer")).to_contain_text("The fields were changed, so nothing was sent.")
    expect(page.get_by_role("button", name="Start", exact=True)).to_have_count(0)
    page.locator("#grow-way").get_by_label("By hand").check(force=True)
    visitor.button("Continue")
    expect(page.locator("#grow-hand")).to_contain_text("Copy this prompt into any chat")
    visitor.button("Back to the plan")
    expect(page.locator("#grow-estimate")).to_contain_text("4 rows to write")


def _plan(visitor: Visitor, files: tuple[Path, Path], *, lights: int, songs: int) -> None:
    """Upload the set, and plan a number of rows for each tool."""
    page, (dataset, tools) = visitor.page, files
    visitor.upload(tools, dataset)
    visitor.button(START)
    estimate = page.locator("#grow-estimate")
    for tool, rows in (("set_light", lights), ("play_music", songs)):
        field = _number(page, f'["tools","{tool}","rows"]')
        field.fill(str(rows))
        field.blur()
    expect(estimate).to_contain_text(f"{lights + songs} rows to write")
    expect(estimate).to_contain_text(re.compile(r"About \d+ requests with [\d,]+ tokens"))


def _number(page: Page, field: str) -> Locator:
    spaced = field.replace(",", ", ")
    return page.locator(f"#grow-plan [data-plan='{spaced}']")


def _ask(visitor: Visitor, address: str) -> None:
    page = visitor.page
    page.locator("#grow-way").get_by_label("A server").check(force=True)
    page.locator("#grow-address input, #grow-address textarea").fill(address)
    page.locator("#grow-model input, #grow-model textarea").fill(MODEL)
    visitor.button("Continue")


def _prompt(hand: Locator) -> str:
    return hand.locator(".listing").evaluate("one => one.textContent")  # type: ignore[no-any-return]


def _paste(visitor: Visitor, answer: str) -> None:
    visitor.page.locator("#grow-answer textarea").fill(answer)
    visitor.button("Check the answer")
