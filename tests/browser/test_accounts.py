"""The app as a Space against the loop-back Hub: two people log in, train on their own accounts, and do not meet."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import App, restarted
from tests.browser.screens import take
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import two_people

JOB_MS = 300_000
Open = Callable[[], Page]


@pytest.fixture(scope="module")
def space(hub_server: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app in a Space's environment, with two people on the Hub."""
    with two_people(hub_server) as environment:
        app = App(tmp_path_factory.mktemp("space") / "home", environment)
        app.start()
        yield app
        app.stop()


@pytest.fixture
def arrive(browser: Browser, space: App) -> Iterator[Open]:
    """Opens the app for a new visitor without a cookie."""
    contexts: list[BrowserContext] = []

    def new() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.route(re.compile(r"^https?://(?!127\.0\.0\.1|localhost)"), lambda route: route.abort())
        contexts.append(context)
        page = context.new_page()
        page.goto(space.url)
        expect(page.locator(".stepper li")).to_have_count(5)
        return page

    yield new
    for context in contexts:
        context.close()


@pytest.mark.slow  # attacks/test_logins.py and hub/test_whose_token.py hold its parts
def test_without_a_login_data_is_checked_and_training_says_what_a_login_gives(arrive: Open, space: App) -> None:
    page = arrive()
    _use_example(page)
    _step(page, "train")
    expect(page.locator("#train-blank")).to_contain_text("Log in to train")
    expect(page.get_by_role("button", name="Start training")).to_be_hidden()
    take(page, "space-visitor")
    assert not list(space.home.glob(".accounts/*"))


@pytest.mark.slow  # tests/attacks/test_two_users.py and tests/hub/test_road.py hold its parts
def test_two_people_train_on_their_own_accounts_and_do_not_meet(
    arrive: Open, space: App, hub_server: LoopbackHub
) -> None:
    ada, eve = arrive(), arrive()
    for page, name in ((ada, "ada"), (eve, "eve")):
        _use_example(page)
        _step(page, "train")
        _log_in(page, name)
        expect(page.locator("#data-state, #train-blank, #jobs-confirm").first).to_be_attached()
        _step(page, "train")
    _order(ada, "Ada's run", "Evaluate, export")
    take(ada, "space-confirm")
    start = ada.locator("#jobs-confirm").get_by_role("button", name=re.compile("Start for at most"))
    start.dblclick()
    expect(ada.locator("#train-settings")).to_contain_text("fgt-")
    run = _run_of(ada)
    _order(eve, "Eve's run", "Nothing")
    eve.locator("#jobs-confirm").get_by_role("button", name=re.compile("Start for at most")).click()
    expect(eve.locator("#train-settings")).to_contain_text("fgt-")
    expect(eve.locator("#runs")).not_to_contain_text("Ada's run")

    _cannot_reach(eve, space, run)
    expect(ada.locator("#train-result")).to_contain_text("Rows trained on", timeout=JOB_MS)
    take(ada, "space-trained")

    expect(eve.locator("#train-result")).to_contain_text("Rows trained on", timeout=JOB_MS)
    _step(ada, "export")
    expect(ada.locator("#export-file")).to_contain_text("Download", timeout=JOB_MS)
    take(ada, "space-exported")
    _downloads(ada, space, hub_server, run)

    assert len(hub_server.jobs.asked) == 2
    for asked, name in zip(hub_server.jobs.asked, ("ada", "eve"), strict=True):
        token = asked["secrets"]["HF_TOKEN"]
        assert hub_server.world.accounts.tokens[token].user == name
        assert token not in json.dumps({**asked, "secrets": {}})
        assert name.capitalize() not in json.dumps(asked["command"])
        kept = [path for path in space.home.rglob("*") if path.is_file()]
        assert [path for path in kept if token.encode() in path.read_bytes()] == []

    with restarted(space, ada, eve):
        shutil.rmtree(space.home)  # a Space has no disk of its own
    ada.goto(space.url)
    expect(ada.locator("#runs")).to_contain_text("Ada's run", timeout=60_000)
    ada.locator(".run .open").click()
    expect(ada.locator(".run.current")).to_be_visible()
    _step(ada, "train")
    expect(ada.locator("#train-result")).to_contain_text("Rows trained on", timeout=60_000)
    assert len(hub_server.jobs.asked) == 2

    eve.goto(space.url)
    expect(eve.locator("#runs")).to_contain_text("Eve's run", timeout=60_000)
    expect(eve.locator("#runs")).not_to_contain_text("Ada's run")
    _cannot_reach(eve, space, run)
    ada.get_by_role("link", name="Log out").click()
    expect(ada.locator("#runs")).to_contain_text("Log in with Hugging Face")
    _cannot_reach(ada, space, run)
    stolen = {"Authorization": f"Bearer {hub_server.jobs.asked[0]['secrets']['HF_TOKEN']}"}
    assert ada.request.get(f"{space.url}runs/{run}/evaluation.json", headers=stolen).status == 404


def _use_example(page: Page) -> None:
    page.get_by_role("button", name="Use the example", exact=True).click()
    expect(page.locator("#data-state")).to_contain_text("hiking.csv")


def _step(page: Page, name: str) -> None:
    page.click(f'.stepper [data-step="{name}"]')
    expect(page.locator(f'.stepper [data-step="{name}"]')).to_have_attribute("aria-current", "step")


def _log_in(page: Page, name: str) -> None:
    page.locator("#train-blank [data-login]").click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("#runs")).to_contain_text(f"Logged in as {name}")


def _downloads(page: Page, space: App, hub: LoopbackHub, run: str) -> None:
    """The whole exported file comes from the Hub, and the small files from the app."""
    verification = page.request.get(f"{space.url}runs/{run}/verification.json").json()
    address = f"{space.url}runs/{run}/{verification['file']}"
    sent = page.request.get(address, max_redirects=0)
    assert sent.headers["location"].startswith(hub.cdn)
    assert "hf_" not in sent.headers["location"]
    body = page.request.get(address).body()
    assert len(body) == verification["bytes"]
    assert hashlib.sha256(body).hexdigest() == verification["sha256"]
    assert page.request.get(f"{space.url}runs/{run}/android-kit.zip").status == 200


def _order(page: Page, name: str, then: str) -> None:
    """Request the price of a quick test of the starter."""
    page.locator("label").get_by_text("Starter", exact=True).click()
    page.get_by_label("Name", exact=False).first.fill(name)
    page.locator("label").get_by_text(then, exact=True).click()
    machine = page.get_by_label("Machine")
    expect(machine).to_have_value(re.compile("T4"))
    machine.click()  # the double's jobs find no CUDA
    page.get_by_role("option", name=re.compile("CPU Upgrade")).click()
    expect(machine).to_have_value(re.compile("CPU Upgrade"))
    page.get_by_role("button", name="Quick test").click()
    expect(page.locator("#jobs-confirm")).to_contain_text("At most about", timeout=60_000)


def _run_of(page: Page) -> str:
    expect(page.locator(".stepper")).to_be_visible()
    page.wait_for_url(re.compile(r"run="))
    found = re.search(r"run=([\w-]+)", page.url)
    assert found
    return found[1]


def _cannot_reach(page: Page, space: App, run: str) -> None:
    """The page's visitor cannot see another's run by its address, its files, or a call with its id."""
    for name in (
        "evaluation.json",
        "verification.json",
        "rows.csv",
        "android-kit.zip",
        "android-project.zip",
        "../run.json",
        "model.litertlm",
    ):
        assert page.request.get(f"{space.url}runs/{run}/{name}").status == 404
    other = page.context.new_page()
    other.goto(f"{space.url}?run={run}&step=train")
    expect(other.locator("#notice")).to_contain_text(f"There is no run '{run}'")
    expect(other.locator("body")).not_to_contain_text("Ada's run")
    other.close()
    reply = page.request.post(f"{space.url}gradio_api/run/predict", data={"data": [run, "water"]})
    assert "Ada" not in reply.text()
    assert reply.status != 200
    for path in (".accounts/ada", f".accounts/ada/{run}/run.json"):
        file = Path(space.home) / path
        assert page.request.get(f"{space.url}gradio_api/file={file}").status in (403, 404)
