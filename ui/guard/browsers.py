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
"""The app's cookies: a browser's, and the login's, which Gradio's session holds."""
PAGE_TOKEN_HEADER = "x-fgt-page"
PAGE_TOKEN_ROUTE = "/page-token"
_ID = re.compile(r"[A-Za-z0-9_-]{32}")
_TOKEN = re.compile(r"([A-Za-z0-9_-]{32})\.([0-9a-f]{64})")


class Browsers:
    """Gives out cookies and page tokens, and reads them.

    A page token is signed with a key of this process, so it ends with the app. A page of another site cannot get one:
    the route answers no foreign page (ui/guard/gate.py), and no CORS header lets a foreign script read the answer.
    `framed` says that the app is shown inside another site's page, where browsers send only cookies that allow it.
    """

    def __init__(self, *, framed: bool) -> None:
        self._framed = framed
        self._key = secrets.token_bytes(32)

    def add_routes(self, app: FastAPI) -> None:
        """Serve the token that the page's script asks for when it starts."""

        def page_token() -> JSONResponse:
            return JSONResponse({"token": self.new_token()}, headers={"Cache-Control": "no-store"})

        app.add_api_route(PAGE_TOKEN_ROUTE, page_token, methods=["GET"], response_model=None)

    def new_cookie(self) -> str:
        """The Set-Cookie header that marks a browser."""
        allowed = "None; Secure" if self._framed else "Strict"
        return f"{COOKIE}={secrets.token_urlsafe(24)}; HttpOnly; Path=/; SameSite={allowed}"

    def new_token(self) -> str:
        """A token that no other page has."""
        page = secrets.token_urlsafe(24)
        return f"{page}.{self._signature(page)}"

    def page_of(self, headers: Mapping[str, str]) -> str | None:
        """Which loaded page sent the request; None where the token is missing or not ours."""
        found = _TOKEN.fullmatch(headers.get(PAGE_TOKEN_HEADER, ""))
        if found is None or not hmac.compare_digest(found[2], self._signature(found[1])):
            return None
        return found[1]

    def cookie_of(self, cookies: Mapping[str, str]) -> str | None:
        """The browser's cookie; None where it sent none."""
        value = cookies.get(COOKIE, "")
        return value if _ID.fullmatch(value) else None

    def marks(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> frozenset[str]:
        """All that tells the sender's browser and page from others; empty for programs."""
        return frozenset(filter(None, (self.cookie_of(cookies), self.page_of(headers))))

    def owner(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
        """Whose uploads a request may use: the browser's, else the page's; empty for programs, which have neither."""
        return self.cookie_of(cookies) or self.page_of(headers) or ""

    def _signature(self, page: str) -> str:
        return hmac.new(self._key, page.encode(), hashlib.sha256).hexdigest()


def own_cookies(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """A request's headers with no cookies but the app's own, of which none has a quote or a backslash.

    Python reads quoted cookies in a time that grows with their square (CVE-2024-7592, until 3.11.9).
    """
    kept = [pair for pair in headers if pair[0] != b"cookie"]
    parts = [part.strip() for name, value in headers if name == b"cookie" for part in value.split(b";")]
    own = [part for part in parts if part.startswith(OWN) and not set(part) & set(b'"\\')]
    return [*kept, (b"cookie", b"; ".join(own))] if own else kept


def cookies_in(headers: Headers) -> dict[str, str]:
    """The cookies that a request carries, by name."""
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs if name}
