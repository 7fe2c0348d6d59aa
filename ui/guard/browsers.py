"""Identifies browsers: a cookie for the files that they uploaded, and a token for each page that was loaded."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers

COOKIE = "fgt-browser"
OWN = (f"{COOKIE}=".encode(), b"session=")
"""The app's cookies: the browser's cookie, and Gradio's session, which contains the login."""
PAGE_TOKEN_HEADER = "x-fgt-page"
PAGE_TOKEN_ROUTE = "/page-token"
_ID = re.compile(r"[A-Za-z0-9_-]{32}")
_TOKEN = re.compile(r"([A-Za-z0-9_-]{32})\.([0-9a-f]{64})")


class Browsers:
    """Creates cookies and page tokens, and reads them.

    A page token is signed with a key of this process, so it is not valid after a restart. A page of another site cannot
    get one: the gate refuses its requests (ui/guard/gate.py), and without a CORS header a foreign script cannot read
    the answer. If `framed`, the app is shown inside another site's page, where browsers send only cookies that allow
    it.
    """

    def __init__(self, *, framed: bool) -> None:
        self._framed = framed
        self._key = secrets.token_bytes(32)

    def add_routes(self, app: FastAPI) -> None:
        """Serve the token that the page's script requests when it starts."""

        def page_token() -> JSONResponse:
            return JSONResponse({"token": self.new_token()}, headers={"Cache-Control": "no-store"})

        app.add_api_route(PAGE_TOKEN_ROUTE, page_token, methods=["GET"], response_model=None)

    def new_cookie(self) -> str:
        """A Set-Cookie header with a new identifier for a browser."""
        allowed = "None; Secure" if self._framed else "Strict"
        return f"{COOKIE}={secrets.token_urlsafe(24)}; HttpOnly; Path=/; SameSite={allowed}"

    def new_token(self) -> str:
        """A new token, unique to one loaded page."""
        page = secrets.token_urlsafe(24)
        return f"{page}.{self._signature(page)}"

    def page_of(self, headers: Mapping[str, str]) -> str | None:
        """The loaded page that sent the request; None if its token is missing or not valid."""
        found = _TOKEN.fullmatch(headers.get(PAGE_TOKEN_HEADER, ""))
        if found is None or not hmac.compare_digest(found[2], self._signature(found[1])):
            return None
        return found[1]

    def cookie_of(self, cookies: Mapping[str, str]) -> str | None:
        """The browser's cookie; None if it is missing or not valid."""
        value = cookies.get(COOKIE, "")
        return value if _ID.fullmatch(value) else None

    def marks(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> frozenset[str]:
        """The identifiers of the sender's browser and page; empty for programs."""
        return frozenset(filter(None, (self.cookie_of(cookies), self.page_of(headers))))

    def owner(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
        """The owner whose uploads a request may use: the browser, else the page; empty for programs."""
        return self.cookie_of(cookies) or self.page_of(headers) or ""

    def _signature(self, page: str) -> str:
        return hmac.new(self._key, page.encode(), hashlib.sha256).hexdigest()


def own_cookies(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """A request's headers with only the app's own cookies, and only those without a quote or a backslash.

    Python's time to parse quoted cookies grows with the square of their length (CVE-2024-7592, until 3.11.9).
    """
    others = [pair for pair in headers if pair[0] != b"cookie"]
    parts = [part.strip() for name, value in headers if name == b"cookie" for part in value.split(b";")]
    own = [part for part in parts if part.startswith(OWN) and not set(part) & set(b'"\\')]
    return [*others, (b"cookie", b"; ".join(own))] if own else others


def cookies_in(headers: Headers) -> dict[str, str]:
    """The cookies of a request, by name."""
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs if name}
