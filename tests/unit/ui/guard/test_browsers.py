from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from ui.guard import PAGE_TOKEN_ROUTE, Browsers
from ui.guard.addresses import address_of
from ui.guard.browsers import COOKIE, PAGE_TOKEN_HEADER, cookies_in, own_cookies
from ui.guard.sessions import SessionOwners, sessions_in


def test_each_page_gets_a_token_of_its_own() -> None:
    browsers, app = Browsers(framed=False), FastAPI()
    browsers.add_routes(app)
    client = TestClient(app)
    first, second = client.get(PAGE_TOKEN_ROUTE), client.get(PAGE_TOKEN_ROUTE)
    pages = [browsers.page_of({PAGE_TOKEN_HEADER: reply.json()["token"]}) for reply in (first, second)]
    assert None not in pages
    assert pages[0] != pages[1]
    assert first.headers["cache-control"] == "no-store"


def test_a_changed_or_foreign_token_is_not_valid() -> None:
    browsers = Browsers(framed=False)
    token = browsers.new_token()
    last = "0" if token[-1] != "0" else "1"
    for wrong in ("", token[:-1], token[:-1] + last, "x" + token, Browsers(framed=False).new_token(), token + "\n"):
        assert browsers.page_of({PAGE_TOKEN_HEADER: wrong}) is None
    assert browsers.cookie_of({COOKIE: "../../x"}) is None


def test_the_owner_of_uploads_is_the_browser_else_the_page_else_a_program() -> None:
    browsers = Browsers(framed=False)
    token = browsers.new_token()
    cookie = "c" * 32
    assert browsers.owner({PAGE_TOKEN_HEADER: token}, {COOKIE: cookie}) == cookie
    assert browsers.owner({PAGE_TOKEN_HEADER: token}, {}) == token.partition(".")[0]
    assert browsers.owner({}, {}) == ""


def test_an_address_cannot_be_made_up_behind_a_proxy() -> None:
    scope = {"type": "http", "client": ("10.0.0.1", 1)}
    forwarded = Headers({"X-Forwarded-For": "9.9.9.9, 8.8.8.8, 10.0.0.7"})
    assert address_of(scope, forwarded, shared=True) == "8.8.8.8"
    assert address_of(scope, forwarded, shared=False) == "10.0.0.1"
    twice = Headers(raw=[(b"x-forwarded-for", b"9.9.9.9"), (b"x-forwarded-for", b"8.8.8.8")])
    assert address_of(scope, twice, shared=True) == "8.8.8.8"
    assert address_of(scope, Headers({"X-Forwarded-For": "x"}), shared=True) == "10.0.0.1"


def test_one_ipv6_network_is_one_sender() -> None:
    scope = {"type": "http", "client": None}
    senders = {
        address_of(scope, Headers({"X-Forwarded-For": f"2a00:1450:4001:80{last}::{number}"}), shared=True)
        for last in (1, 2)
        for number in (5, 6)
    }
    assert len(senders) == 2


def test_a_session_belongs_to_its_first_browser_by_cookie_or_page() -> None:
    owners = SessionOwners()
    assert owners.may_use("s", frozenset({"cookie", "page"}))
    assert owners.may_use("s", frozenset({"cookie", "another page"}))
    assert owners.may_use("s", frozenset({"page"}))
    assert not owners.may_use("s", frozenset({"other"}))
    assert not owners.may_use("s", frozenset())
    assert owners.may_use("program's", frozenset())
    assert owners.may_use("program's", frozenset())
    assert owners.may_use("program's", frozenset({"cookie"}))
    assert not owners.may_use("program's", frozenset())


def test_an_address_names_sessions_and_queued_calls() -> None:
    assert sessions_in("/gradio_api/heartbeat/abc", "") == ["abc"]
    assert sessions_in("/gradio_api/call/v2/validate/xyz", "") == ["xyz"]
    assert sessions_in("/gradio_api/queue/data", "session_hash=abc&session_hash=other") == ["abc", "other"]
    assert sessions_in("/gradio_api/call/validate", "") == []


def test_only_the_apps_cookies_without_quotes_are_passed_on() -> None:
    sent = [(b"host", b"x"), (b"cookie", b'other=1; fgt-browser=abc; session="' + b"\\" * 99 + b'"; session=e30=')]
    assert own_cookies(sent) == [(b"host", b"x"), (b"cookie", b"fgt-browser=abc; session=e30=")]
    assert own_cookies([(b"cookie", b"other=1")]) == []
    assert cookies_in(Headers({"Cookie": "a=1; b=x=y; ;c"})) == {"a": "1", "b": "x=y", "c": ""}
