"""The page after a run is deleted: it does not wait for the Hub, and says where the Hub could not be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub.found_runs import made, mark_in
from tests.hub.loopback import LoopbackHub
from tests.hub.space_visitor import request_of
from tests.waiting import wait_until
from ui.frame.runs_list import RunsList
from ui.page.location import Location
from ui.page.state import PageState
from ui.services.services import Services
from ui.services.tenants import Tenants


@pytest.fixture
def services(hub: LoopbackHub, login: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Ada's part of a Space, with one run that was found."""
    made(hub, tmp_path, "20261127-1")
    hub.world.accounts.lists_app_repos = True
    for name, value in hub.oauth.space_environment().items():
        monkeypatch.setenv(name, value)
    tenants = Tenants(tmp_path / "home")
    services = tenants.services(request_of(login, tenants))
    searching = services.finding
    assert searching is not None
    assert searching.done.wait(60)
    assert [run.id for run in services.store.list()] == ["20261127-1"]
    return services


def shown(services: Services) -> str:
    """The list of runs as the page shows it."""
    return str(list(RunsList().render(PageState(services, Location())).values()))


def test_the_page_does_not_wait_for_the_hub_to_be_told(hub: LoopbackHub, services: Services) -> None:
    hub.fail("POST .*/commit/", None, delay_seconds=3, times=1)
    services.delete("20261127-1")
    assert services.store.list() == []
    assert not mark_in(hub, "ada/fgt-20261127-1-inputs")
    assert "may reappear" not in shown(services)
    wait_until(lambda: mark_in(hub, "ada/fgt-20261127-1-inputs"))


def test_the_page_says_where_the_hub_could_not_be_told_and_tries_again(hub: LoopbackHub, services: Services) -> None:
    hub.fail("POST .*/commit/", 500, times=1)
    services.delete("20261127-1")
    wait_until(lambda: services.unmarked)
    assert services.store.list() == []
    for told in ("A deleted run may reappear", "has a fault (500)", "you can delete it again", "Try again"):
        assert told in shown(services)
    services.find_again()
    assert services.finding is not None
    wait_until(lambda: mark_in(hub, "ada/fgt-20261127-1-inputs"))
    assert "may reappear" not in shown(services)
