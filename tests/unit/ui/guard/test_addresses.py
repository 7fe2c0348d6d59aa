from __future__ import annotations

import pytest

from ui.guard import Addresses
from ui.guard.addresses import is_loopback, machine_names, space_names


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:1", "LOCALHOST", "localhost.", "127.9.9.9", "[::1]:7860"]
)
def test_a_loopback_app_answers_to_this_machines_names(host: str) -> None:
    assert Addresses("127.0.0.1").is_own_host(host)


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.test", "x.localhost:7860", "localhost.evil.test", "127.0.0.1.evil.test", "192.168.0.2", "0.0.0.0",
     "evil@127.0.0.1.x", "[::2]", "[::1", "127.0.0.1:80:80", "localhost:x y"],
)  # fmt: skip
def test_a_loopback_app_answers_to_no_other_name(host: str | None) -> None:
    assert not Addresses("127.0.0.1").is_own_host(host)


def test_an_app_in_the_network_answers_to_addresses_and_to_this_machines_name() -> None:
    app = Addresses("0.0.0.0")
    name = sorted(machine_names())[0]
    assert all(map(app.is_own_host, ["192.168.0.2:7860", "[fe80::1]:7860", "localhost", name]))
    assert not app.is_own_host("evil.test")


def test_a_name_that_was_allowed_is_an_own_name_and_its_page_an_own_page() -> None:
    app = Addresses("127.0.0.1", ["trainer.example"])
    assert app.is_own_host("trainer.example:443")
    assert app.is_own_origin("https://trainer.example", "127.0.0.1:7860")
    assert app.is_own_origin("http://trainer.example:7860", "127.0.0.1:7860")
    assert not app.is_own_origin("http://trainer.example:9999", "127.0.0.1:7860")
    assert not app.is_own_origin("https://evil.trainer.example", "127.0.0.1:7860")


def test_behind_a_proxy_that_routes_by_name_every_host_is_accepted() -> None:
    assert Addresses("0.0.0.0", checked=False).is_own_host("10.1.2.3")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:7860", "https://127.0.0.1:7860", "HTTP://127.0.0.1:7860"])
def test_the_apps_own_page_is_known_by_its_host(origin: str) -> None:
    assert Addresses("127.0.0.1").is_own_origin(origin, "127.0.0.1:7860")


@pytest.mark.parametrize(
    "origin",
    ["null", "", "http://evil.test", "http://127.0.0.1:7861", "http://localhost:7860", "http://127.0.0.1", "file://",
     "chrome-extension://127.0.0.1:7860", "http://127.0.0.1:7860.evil.test", "http://evil@127.0.0.1:7860", "http://["],
)  # fmt: skip
def test_no_other_page_is_the_apps_own(origin: str) -> None:
    assert not Addresses("127.0.0.1").is_own_origin(origin, "127.0.0.1:7860")


def test_only_loopback_addresses_are_private_to_this_machine() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "localhost", "::1", "127.0.0.2"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.168.0.2", "example.org"]))


def test_a_space_may_have_several_names() -> None:
    assert space_names("ada-space.hf.space, trainer.example") == ["ada-space.hf.space", "trainer.example"]
    assert space_names(None) == []
