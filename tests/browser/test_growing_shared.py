"""Writing more rows on a Space: with a login only, to public addresses only, with each visitor's own token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import App
from tests.browser.screens import take
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import two_people
from tests.unit.growing.chat_server import MODEL, ChatServer

START = "Write more rows with a large model…"
Arrive = Callable[[], Page]


@pytest.fixture(scope="module")
def chat() -> Iterator[ChatServer]:
    """The router of Inference Providers, and a private address."""
    server = ChatServer()
    server.pricing = [{"provider": "novita", "status": "live", "pricing": {"input": 0.1, "output": 0.5}}]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def space(hub_server: LoopbackHub, chat: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app in a Space's environment, with two people on the Hub."""
    with two_people(hub_server) as environment:
        app = App(tmp_path_factory.mktemp("space") / "home", {**environment, "HF_INFERENCE_ROUTER": chat.address})
        app.start()
        yield app
        app.stop()


@pytest.fixture
def arrive(browser: Browser, space: App) -> Iterator[Arrive]:
    """Opens the plan for the example, for a new visitor."""
    contexts = []

    def new() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.goto(space.url)
        page.get_by_role("button", name="Use the example", exact=True).click()
        page.get_by_role("button", name=START, exact=True).click()
        number = page.locator("#grow-plan input").first
        number.fill("60")
        number.blur()
        expect(page.locator("#grow-estimate")).to_contain_text("60 rows to write")
        return page

    yield new
    for context in contexts:
        context.close()


def test_a_shared_app_needs_a_login_and_refuses_a_private_address(arrive: Arrive, chat: ChatServer) -> None:
    page = arrive()
    offer = page.locator("#grow-offer")
    private = chat.address.replace("http://", "https://")
    page.locator("#grow-way").get_by_label("A server").check(force=True)
    page.locator("#grow-address input, #grow-address textarea").fill(private)
    page.locator("#grow-model input, #grow-model textarea").fill(MODEL)
    _continue(page)
    expect(offer).to_contain_text("Log in with Hugging Face first.")
    _log_in(page, "ada")
    expect(page.locator("#grow-address input, #grow-address textarea")).to_have_value(private)
    page.locator("#grow-address input, #grow-address textarea").fill(chat.address)
    _continue(page)
    expect(offer).to_contain_text("the address of a teacher must begin with https://")
    page.locator("#grow-address input, #grow-address textarea").fill(private)
    _continue(page)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#grow-head")).to_contain_text("leads into a private network")
    assert chat.asked == []


@pytest.mark.slow  # tests/unit/ui/test_growths.py holds its parts
def test_two_accounts_ask_with_their_own_tokens_and_do_not_meet(arrive: Arrive, space: App, chat: ChatServer) -> None:
    pages = {}
    for name in ("ada", "eve"):
        page = pages[name] = arrive()
        page.locator("#grow-way").get_by_label("Hugging Face").check(force=True)
        page.locator("#grow-model input, #grow-model textarea").fill(MODEL)
        _continue(page)
        expect(page.locator("#grow-offer")).to_contain_text("Log in with Hugging Face first.")
        _log_in(page, name)
        before = len(chat.chats)
        _continue(page)
        offer = page.locator("#grow-offer")
        expect(offer).to_contain_text("A million tokens cost $0.1 in prompts and $0.5 in answers.")
        take(page, f"grow-price-{name}")
        assert len(chat.chats) == before
        page.get_by_role("button", name="Start for at most $1.00", exact=True).click()
        expect(page.locator("#grow-head")).to_contain_text("rows asked")
    tokens = {one.headers["Authorization"] for one in chat.chats}
    assert len(tokens) == 2
    ada, eve = pages["ada"], pages["eve"]
    if ada.get_by_role("button", name="Stop", exact=True).is_visible():
        ada.get_by_role("button", name="Stop", exact=True).click()
    eve.goto(ada.url)
    expect(eve.locator("#grow-head")).to_contain_text("A large model writes what your set lacks.")
    expect(eve.locator("#grow-review")).not_to_contain_text("refused")
    words = [token.removeprefix("Bearer ").encode() for token in tokens]
    stored = [path for path in space.home.rglob("*") if path.is_file()]
    assert not [path for path in stored for word in words if word in path.read_bytes()]
    assert not [word for word in words if word.decode() in space.said]


def _continue(page: Page) -> None:
    page.get_by_role("button", name="Continue", exact=True).click()


def _log_in(page: Page, name: str) -> None:
    page.locator("#grow-offer [data-login]").click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("#runs")).to_contain_text(f"Logged in as {name}")
    expect(page.locator("#grow-teacher")).to_be_visible()
