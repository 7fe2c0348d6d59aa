"""Checks from the page: by keyboard, on a phone, with a report that can be copied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from tests.hub.doctors import ADA, left, ready_hub
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until

Visit = Callable[..., Visitor]
CHECK_MS = 120_000


@pytest.fixture(scope="module")
def app(hub_server: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a machine with a login."""
    hub_server.reset()
    started = App(tmp_path_factory.mktemp("app") / "home", {"HF_TOKEN": ready_hub(hub_server)})
    started.start()
    yield started
    started.stop()
    hub_server.reset()


@pytest.mark.slow  # unit/doctor holds the checks
def test_a_machine_is_checked_by_keyboard_and_its_report_copied(visit: Visit) -> None:
    page = visit(width=390, height=844, permissions=["clipboard-read", "clipboard-write"]).page
    page.get_by_role("button", name="Runs", exact=True).press("Enter")
    page.get_by_role("button", name="Check this machine").press("Enter")
    panel = page.locator("#doctor")
    expect(panel.locator(".summary")).to_contain_text("passed", timeout=CHECK_MS)
    expect(page.locator("#shell")).not_to_have_class(re.compile("runs-open"))
    expect(panel).to_be_in_viewport()
    expect(panel.locator("li")).to_have_count(12)
    panel.get_by_role("button", name="Copy the report").press("Enter")
    expect(panel.locator("[data-copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("FunctionGemma Trainer")
    assert "Packages: gradio" in copied
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    take(page, "doctor-machine")
    panel.get_by_role("button", name="Close").press("Enter")
    expect(panel.locator(".card")).to_have_count(0)


@pytest.mark.slow  # hub/test_doctor_page.py holds it, the next test presses these buttons
def test_an_account_is_checked_and_jobs_cost_a_question(visit: Visit, hub_server: LoopbackHub) -> None:
    page = visit().page
    expect(page.get_by_role("button", name="Check my account")).to_be_visible()
    page.get_by_role("button", name="Check my account").click()
    panel = page.locator("#doctor")
    expect(panel.locator(".summary")).to_have_text("9 passed, 0 failed, 0 could not be checked.", timeout=CHECK_MS)
    expect(panel).to_contain_text(f"{ADA}, with a token that may write")
    panel.get_by_role("button", name="What do two short jobs cost?").click()
    expect(panel.get_by_role("button", name="Start for at most $0.11")).to_be_visible()
    expect(panel).to_contain_text("15 minutes of t4-small")
    take(page, "doctor-account")
    panel.get_by_role("button", name="Not now").click()
    expect(panel.get_by_role("button", name="What do two short jobs cost?")).to_be_visible()
    assert hub_server.jobs.all == {}
    assert left(hub_server) == []


@pytest.mark.slow  # hub/test_doctor_page.py holds the started jobs
def test_on_a_phone_the_started_jobs_are_in_sight_and_the_focus_stays(visit: Visit, hub_server: LoopbackHub) -> None:
    page = visit(width=390, height=844).page
    focus = (
        "document.activeElement !== document.body && document.querySelector('#doctor').contains(document.activeElement)"
    )
    page.get_by_role("button", name="Runs", exact=True).press("Enter")
    page.get_by_role("button", name="Check my account").press("Enter")
    panel = page.locator("#doctor")
    expect(panel.locator(".summary")).to_contain_text("passed", timeout=CHECK_MS)
    panel.get_by_role("button", name="What do two short jobs cost?").press("Enter")
    start = panel.get_by_role("button", name="Start for at most")
    expect(start).to_be_visible()
    page.wait_for_function(focus)
    start.press("Enter")
    stop = panel.get_by_role("button", name="Stop")
    expect(stop).to_be_in_viewport()
    expect(panel.locator(".progress")).to_be_in_viewport()
    page.wait_for_function(focus)
    expect(page.locator("#doctor ~ [role=status], #doctor [role=status].unseen").first).not_to_be_empty()
    stop.press("Enter")
    expect(panel).to_contain_text("did not finish", timeout=CHECK_MS)
    page.wait_for_function(focus)
    panel.get_by_role("button", name="Close").press("Enter")
    expect(panel.locator(".card")).to_have_count(0)
    page.wait_for_function("document.activeElement !== document.body")
    wait_until(lambda: left(hub_server) == [])


@pytest.mark.slow  # hub/test_doctor_killed.py and hub/test_doctor_page.py hold its parts
def test_an_app_that_is_stopped_removes_what_its_check_made(
    app: App, browser: Browser, hub_server: LoopbackHub, tmp_path: Path
) -> None:
    assert app.pid  # starting the app also prepares the Hub
    hub_server.trace.clear()
    token = next(iter(hub_server.world.accounts.tokens))
    stopped = App(tmp_path / "home", {"HF_TOKEN": token})
    stopped.start()
    page = browser.new_page()
    page.goto(stopped.url)
    hub_server.fail("/resolve/", None, times=1, delay_seconds=3)
    page.get_by_role("button", name="Check my account").click()
    wait_until(lambda: any("/resolve/" in asked for asked in hub_server.trace))
    assert len(left(hub_server)) == 1
    page.close()
    before = len(hub_server.trace)
    stopped.stop()
    assert left(hub_server) == []
    assert "GET /api/datasets" not in hub_server.trace[before:]  # the next check was not started
