"""A page that the user opens in another tab gets nothing of the app: it reads, changes, starts and spends nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend.runs import FolderStore, Run, RunConfig
from tests.attacks.conftest import Target
from tests.attacks.foreign import ForeignPage, browsing, shows_app
from tests.attacks.orders import confirm, delete, ordered, priced, runs_listed, started_here
from tests.attacks.outsider import Outsider
from tests.attacks.surface import Surface
from tests.attacks.vault import Decoy, serve_decoy
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub

pytestmark = pytest.mark.slow  # test_origins.py holds the same from outside a browser

EXAMPLES = ROOT / "examples"
NAME = "A run for its owner alone"
PAGE = "<!doctype html><title>Cats</title><body><h1>Cats</h1>"
HUB_PAGE = "https://huggingface.co/spaces/loopback/space"
ROADS = {
    # the site that the page is from, and the name by which it asks the app; None is the app's own port
    "another site": ("evil.test", "127.0.0.1"),
    "another site, by localhost": ("evil.test", "localhost"),
    "another site, by a name that ends in localhost": ("evil.test", "x.localhost"),
    "another app of this machine": ("localhost", "127.0.0.1"),
    "a name that was led to this machine": (None, "rebound.test"),
}


@pytest.fixture(scope="module")
def browser_context(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    with browsing(playwright, chromium, tmp_path_factory.mktemp("profile") / "profile") as context:
        yield context


@pytest.fixture(scope="module")
def site() -> Iterator[Decoy]:
    """The web server of another site."""
    served = serve_decoy(PAGE, "text/html")
    yield served
    served.stop()


def _roads() -> list[Any]:
    """Of the roads by another name of the same site, one is enough for each change."""
    more = ("another site, by localhost", "another site, by a name that ends in localhost")
    return [pytest.param(road, marks=pytest.mark.slow) if road in more else road for road in ROADS]


@pytest.fixture(params=_roads())
def foreign(
    request: pytest.FixtureRequest, browser_context: BrowserContext, site: Decoy, laptop: Target
) -> Iterator[ForeignPage]:
    """A page of another site, which knows the laptop's app by one of its names."""
    origin, name = ROADS[request.param]
    target = f"http://{name}:{urlsplit(laptop.url).port}"
    page = browser_context.new_page()
    page.goto(f"http://{origin}:{urlsplit(site.url).port}/" if origin else f"{target}/no/such/page")
    yield ForeignPage(page, target)
    page.close()


@pytest.fixture
def kept(laptop: Target) -> Run:
    """A run of the laptop's owner."""
    return FolderStore(laptop.home).create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", NAME)


def test_it_reads_nothing(foreign: ForeignPage, surface: Surface, laptop: Target, kept: Run) -> None:
    assert NAME in runs_listed(surface, Outsider(laptop.url))
    render, read = surface.named("render"), []
    answer = foreign.ask()(render, render.data(), None)
    if answer:
        read.append(f"the list of runs, with {kept.id}: {kept.id in str(answer)}")
    paths = ("", "config", "gradio_api/info", "gradio_api/app_id", "gradio_api/startup-events", "examples/hiking.csv")
    read += [path for path in (*paths, f"runs/{kept.id}/android-kit.zip") if foreign.fetch(path)[0] == 200]
    read += [path for path in ("gradio_api/heartbeat/x", "gradio_api/dev/reload") if foreign.event(path)]
    assert read == []


def test_it_changes_nothing(foreign: ForeignPage, surface: Surface, laptop: Target, kept: Run) -> None:
    before = {path.name for path in laptop.home.iterdir()}
    for ask in (foreign.tell(), foreign.ask()):
        delete(surface, ask, kept.id)
        assert kept.path.is_dir(), "a run was deleted"
    assert started_here(surface, foreign.ask(), "started by a page of another site") is None
    assert {path.name for path in laptop.home.iterdir() if not path.name.startswith(".")} <= before


def test_it_leaves_no_file(foreign: ForeignPage, laptop: Target) -> None:
    vault = laptop.vault()
    form = vault.secret("a form with a file")
    foreign.post_form("gradio_api/upload", "rows.csv", form)
    boundary = "----a-boundary"
    for kind, mode in (("by a script", "cors"), ("by a script that reads no answer", "no-cors")):
        part = f'Content-Disposition: form-data; name="files"; filename="rows.csv"\r\n\r\n{vault.secret(kind)}\r\n'
        head = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        body = f"--{boundary}\r\n{part}--{boundary}--\r\n"
        foreign.fetch("gradio_api/upload", method="POST", mode=mode, headers=head, body=body)
    assert vault.taken() == []


def test_it_shows_the_app_in_no_frame(foreign: ForeignPage) -> None:
    assert not shows_app(foreign.framed())


def test_it_is_not_sent_to_the_app_with_the_owners_leave(
    browser_context: BrowserContext, site: Decoy, laptop: Target, kept: Run
) -> None:
    """A link to the page opens it, and does nothing else."""
    page = browser_context.new_page()
    page.goto(site.url.replace("127.0.0.1", "localhost"))
    page.evaluate(
        "(url) => { location.href = url; }", f"{laptop.url}?run={kept.id}&step=train&asking={kept.id}&offer=x"
    )
    expect(page.locator(".stepper li")).to_have_count(5)
    assert kept.path.is_dir()
    page.close()


def test_it_spends_nothing_of_who_is_logged_in(
    browser_context: BrowserContext, site: Decoy, space: Target, hub_server: LoopbackHub
) -> None:
    surface, own, before = Surface(Outsider(space.url)), browser_context.new_page(), ordered(space.home)
    own.goto(space.url)
    _log_in(own, "ada")
    page = browser_context.new_page()
    page.goto(site.url.replace("127.0.0.1", "localhost"))
    foreign = ForeignPage(page, space.url.rstrip("/"))
    render = surface.named("render")
    answer = foreign.ask()(render, render.data(), None)
    place = priced(surface, foreign.ask(), "ordered by a page of another site")
    if place is not None:
        confirm(surface, foreign.ask(), place)
    foreign.fetch("logout", mode="no-cors")
    page.evaluate(
        "(url) => new Promise((go) => { const i = new Image(); i.onerror = go; i.src = url; })", f"{space.url}logout"
    )
    own.reload()
    expect(own.locator("#runs")).to_contain_text("Log")
    still = own.locator("#runs").inner_text()
    for opened in (page, own):
        opened.close()
    assert ordered(space.home) == before
    assert hub_server.jobs.asked == []
    assert "ada" not in str(answer)
    assert "Logged in as ada" in still


@pytest.mark.slow  # test_origins.py holds who may frame it, test_logins.py a login
def test_the_hub_shows_a_space_in_its_frame_and_one_can_log_in_there(
    browser_context: BrowserContext, space: Target
) -> None:
    browser_context.route(
        re.compile(r"^https://huggingface\.co/"), lambda route: route.fulfill(body=PAGE, content_type="text/html")
    )
    page = browser_context.new_page()
    browser_context.clear_cookies()
    page.goto(HUB_PAGE)
    frame = ForeignPage(page, space.url.rstrip("/")).framed()
    expect(frame.locator(".stepper li")).to_have_count(5)
    with browser_context.expect_page() as opened:
        frame.locator("#runs [data-login]").first.click()
    opened.value.get_by_role("link", name="eve", exact=True).click()
    expect(opened.value.locator("#runs")).to_contain_text("Logged in as eve")
    opened.value.close()
    page.reload()
    frame = ForeignPage(page, space.url.rstrip("/")).framed()
    expect(frame.locator("#runs")).to_contain_text("Logged in as eve")
    frame.get_by_role("button", name="Use the example", exact=True).click()
    expect(frame.locator("#data-state")).to_contain_text("hiking.csv")
    page.close()


def _log_in(page: Page, name: str) -> None:
    page.locator("#runs [data-login]").first.click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("#runs")).to_contain_text(f"Logged in as {name}")
