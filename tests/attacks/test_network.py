"""The app in a network: under which names it answers there, and what it says of who can use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.outsider import Outsider
from tests.browser.conftest import App

pytestmark = pytest.mark.slow  # test_names.py holds the names, unit/ui/guard the addresses


@pytest.fixture(scope="module")
def open_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app at every address of this machine, and under one more name."""
    arguments = ["--host", "0.0.0.0", "--allow-host", "trainer.test", "--allow-host", "second.test"]
    app = App(tmp_path_factory.mktemp("network") / "home", arguments=arguments)
    app.start()
    yield app
    app.stop()


def test_it_says_in_one_line_who_can_do_what(open_app: App) -> None:
    (line,) = [line for line in open_app.said.splitlines() if "over the network" in line]
    assert "read, start and delete your runs" in line


def test_it_answers_to_addresses_and_to_the_names_that_it_was_given(open_app: App) -> None:
    outsider = Outsider(open_app.url)
    for host in ("192.0.2.7", "127.0.0.1:80", "[2001:db8::1]:7860", "localhost", "trainer.test", "second.test:443"):
        assert outsider.get("config", headers={"Host": host}).status_code == 200
    for host in ("evil.test", "trainer.test.evil.test", "x.localhost"):
        reply = outsider.get("config", headers={"Host": host})
        assert reply.status_code == 403
        assert "--allow-host" in reply.text


def test_only_pages_under_those_names_may_speak_to_it(open_app: App) -> None:
    outsider = Outsider(open_app.url)
    for origin, status in (("https://trainer.test", 200), ("http://192.0.2.9", 403), ("http://evil.test", 403)):
        assert outsider.get("config", headers={"Host": "trainer.test", "Origin": origin}).status_code == status


def test_a_laptop_says_nothing_of_a_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    app = App(tmp_path_factory.mktemp("laptop") / "home")
    app.start()
    app.stop()
    assert "network" not in app.said
