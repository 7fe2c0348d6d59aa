"""Where a login leads: back to the page with the query that it began at, and never to another site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Playwright, expect

from tests.attacks.conftest import Target, attacked
from tests.attacks.outsider import Outsider
from tests.browser.conftest import FLAGS
from tests.hub.loopback import LoopbackHub
from ui.frame.login_routes import safe_target

SPACE_HOST = "loopback-space.hf.space"
QUERY = "?run=20260101-000000-abcd&step=evaluate"
KEPT = ["/", f"/{QUERY}", "/?data=example&step=train&__theme=dark", "/?run=a%20b%26c&x=%2F%2Fevil.test", "?step=try"]
ELSEWHERE = ["//evil.test", "//evil.test/?run=x", "////evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test"]
ELSEWHERE += ["https://evil.test/?run=x", "https:evil.test", "https:/?run=x", "javascript:alert(1)", "@evil.test/?a"]
ELSEWHERE += ["/.//evil.test", "/..//evil.test?a", "/%2F%2Fevil.test", "//[::1", "http://[x]/?a", " //evil.test", ""]
ELSEWHERE += ["/logout", "/logout?run=x", "/login/huggingface?_target_url=//evil.test", "/config?run=x", "run=x"]
ELSEWHERE += ["/?run=x\r\nX-Evil: 1", "/\r\nX-Evil: 1", "/?run=x\\", "/?run=\x00", "/?run=\x7f", "/?run=" + "x" * 2000]


@pytest.fixture(scope="module")
def named_space(hub_server: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The app as a Space that knows its name on the Hub."""
    hub_server.reset()
    hub_server.world.add_user("ada")
    environment = {**hub_server.oauth.space_environment(), "SPACE_HOST": SPACE_HOST}
    with attacked(tmp_path_factory.mktemp("named-space"), environment) as target:
        yield target
    hub_server.reset()


@pytest.fixture
def visitor(named_space: Target) -> Iterator[Outsider]:
    """Somebody without a cookie."""
    made = Outsider(named_space.url)
    yield made
    made.close()


def begun(visitor: Outsider, target: str | None) -> str:
    """The provider's page, where a login with that target leads."""
    sent = visitor.get("login/huggingface", params={} if target is None else {"_target_url": target})
    assert sent.status_code == 302, sent.text
    return sent.headers["location"]


def come_back(visitor: Outsider, page: str, then: str) -> httpx.Response:
    """The app's answer when the provider sends the visitor back, with `then` for what they chose."""
    chosen = urlsplit(httpx.get(f"{page}&{then}").headers["location"])
    assert (chosen.scheme, chosen.netloc, chosen.path) == ("https", SPACE_HOST, "/login/callback")
    return visitor.get(f"{chosen.path}?{chosen.query}")


@pytest.mark.parametrize("target", KEPT)
def test_a_login_leads_back_to_the_page_with_its_query(visitor: Outsider, target: str) -> None:
    reply = come_back(visitor, begun(visitor, target), "login=ada")
    assert reply.status_code == 307
    assert reply.headers["location"] == (target if target.startswith("/") else f"/{target}")
    assert "session" in visitor.cookies


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_login_leads_nowhere_else(visitor: Outsider, target: str) -> None:
    assert safe_target(target) == "/"
    reply = come_back(visitor, begun(visitor, target), "login=ada")
    assert (reply.status_code, reply.headers["location"]) == (307, "/")
    assert "x-evil" not in reply.headers


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_callback_that_was_made_up_leads_nowhere_else(visitor: Outsider, target: str) -> None:
    reply = visitor.get("login/callback", params={"_target_url": target})
    assert (reply.status_code, reply.headers["location"]) == (307, "/")
    for way in ({"_target_url": target}, {"run": "x"}):
        assert led_back(visitor.get("login/callback", params={"error": "access_denied", **way})) == "/"
    again = visitor.get("login/callback", params={"code": "made-up", "state": "made-up", "_target_url": target})
    location = urlsplit(again.headers["location"])
    assert (location.netloc, location.path) == ("", "/login/huggingface")
    assert parse_qs(location.query)["_target_url"] == ["/"]


def led_back(reply: httpx.Response) -> str:
    """Where the one link leads of the page that says that nobody logged in."""
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "You did not log in, so nothing changed." in reply.text
    (link,) = re.findall(r'(?:href|src|action)="([^"]*)"', reply.text)
    return unescape(link)


@pytest.mark.parametrize("query", [QUERY, "?run=\"><script>alert(1)</script>&x='", "?a=1&amp;b=2"])
def test_who_declines_is_told_and_led_back_to_the_same_query(visitor: Outsider, query: str) -> None:
    asked = parse_qs(urlsplit(begun(visitor, f"/{query}")).query)
    back = urlsplit(asked["redirect_uri"][0])
    reply = visitor.get(f"{back.path}?{back.query}&error=access_denied&state={asked['state'][0]}")
    assert led_back(reply) == f"/{query}"
    assert "<script" not in reply.text


def test_another_error_of_the_hub_is_told(visitor: Outsider) -> None:
    reply = visitor.get("login/callback", params={"error": "server_error", "error_description": "<made up>"})
    assert reply.status_code == 502
    assert "did not complete the login" in reply.text
    assert "made up" not in reply.text


def test_where_a_login_began_is_not_in_the_log(visitor: Outsider, named_space: Target) -> None:
    reply = come_back(visitor, begun(visitor, "/?run=20260101-000000-c0de"), "login=ada")
    assert reply.status_code == 307
    assert "session" in visitor.cookies
    said = named_space.app.said
    assert [word for word in ("c0de", "Redirect URI", "_target_url") if word in said] == []


def test_a_login_without_a_target_keeps_the_query_it_was_asked_with(visitor: Outsider) -> None:
    sent = visitor.get(f"login/huggingface{QUERY}&_nb_redirects=1")
    reply = come_back(visitor, sent.headers["location"], "login=ada")
    assert reply.headers["location"] == f"/{QUERY}"


@pytest.mark.parametrize("tries", ["x", "-1", "9" * 30, "", "1.5", "٣"])
def test_a_count_that_is_none_begins_the_login_anew(visitor: Outsider, tries: str) -> None:
    asked = {"code": "made-up", "state": "made-up", "_target_url": f"/{QUERY}", "_nb_redirects": tries}
    reply = visitor.get("login/callback", params=asked)
    assert reply.status_code == 307
    assert parse_qs(urlsplit(reply.headers["location"]).query)["_target_url"] == [f"/{QUERY}"]


def test_a_browser_that_keeps_no_cookie_is_told(visitor: Outsider) -> None:
    page, rounds = begun(visitor, f"/{QUERY}"), 0
    while True:
        visitor.cookies.clear()
        reply = come_back(visitor, page, "login=ada")
        if reply.status_code != 307:
            break
        rounds += 1
        assert rounds < 5
        again = visitor.get(reply.headers["location"].lstrip("/"))
        page = again.headers["location"]
    assert reply.status_code == 400
    assert "does not store this app's cookie" in reply.text


def test_a_code_that_the_hub_does_not_accept_is_told(visitor: Outsider, named_space: Target) -> None:
    state = parse_qs(urlsplit(begun(visitor, "/")).query)["state"][0]
    reply = visitor.get("login/callback", params={"code": "made-up", "state": state})
    assert reply.status_code == 502
    assert "did not complete the login" in reply.text
    assert "made-up" not in named_space.app.said


def test_a_hub_that_fails_meanwhile_is_told(visitor: Outsider, hub_server: LoopbackHub) -> None:
    page = begun(visitor, "/")
    hub_server.fail("POST /oauth/token", 503, "Service Unavailable")
    try:
        assert come_back(visitor, page, "login=ada").status_code == 502
    finally:
        hub_server.faults.clear()
    assert come_back(visitor, begun(visitor, "/"), "login=ada").status_code == 307


@pytest.mark.slow  # the tests above hold the way back, test_foreign_page.py a login in a browser
def test_the_page_itself_leads_back_to_where_it_was(space: Target, playwright: Playwright, chromium: str) -> None:
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    page = browser.new_page()
    try:
        page.goto(space.url + QUERY)
        page.locator("#runs [data-login]").first.click()
        page.get_by_role("link", name="ada", exact=True).click()
        expect(page.locator("#runs")).to_contain_text("Logged in as ada")
        assert page.url == space.url + QUERY
    finally:
        browser.close()
