"""The login and logout routes of a shared app, which replace Gradio's own."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from markupsafe import Markup
from starlette.routing import Route

from ui.services import LOGIN, LOGOUT, Tenants

CALLBACK = "/login/callback"
FRESH = {"Cache-Control": "no-store"}
TARGET, TRIES = "_target_url", "_nb_redirects"
"""Gradio's parameter names for a login's target and for its number of retries."""
MOST_TRIES = 2
LONGEST_TARGET = 2_000
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
NO_COOKIE = (
    "Your browser does not store this app's cookie, so the login cannot be completed. Allow cookies for this address, "
    "then log in again.\n"
)
NOT_DONE = (
    "Hugging Face did not complete the login. Return to the app and log in again; if that fails, wait a few minutes.\n"
)
DECLINED = Markup(
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Not logged in</title><p>You did not log in, so nothing changed. "
    '<a href="{target}">Back to FunctionGemma Trainer</a></p></html>'
)


def add_login_routes(app: FastAPI, tenants: Tenants) -> None:
    """Serve /logout, which ends the login on the server, and the two login routes, which return to the page.

    Gradio's /logout only deletes the cookie. Its login redirects to any path of the app, and writes the visitor's query
    to the app's log (gradio 6.31.0, 2026-11-28). Its callback fails on an error
    that the Hub reports, on a code that the Hub does not accept and on a count that is no number; in a browser
    without cookies it restarts without end.
    """
    if not tenants.shared:
        return
    provider, callback = _provider(), _endpoint(app, CALLBACK)

    def logout(request: Request) -> RedirectResponse:
        tenants.log_out(request)
        request.session.clear()
        return RedirectResponse("/", headers=FRESH)

    async def leave(request: Request) -> Response:
        own = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != TRIES])
        target = safe_target(request.query_params.get(TARGET, f"/?{own}"))
        back = f"{_callback(request)}?{urlencode({TARGET: target, TRIES: _tries(request)})}"
        try:
            sent: Response = await provider.authorize_redirect(request, back)
        except (OAuthError, httpx2.HTTPError):
            return _not_done()
        return sent

    async def returned(request: Request) -> Response:
        target = safe_target(request.query_params.get(TARGET, ""))
        match request.query_params.get("error"):
            case "access_denied":
                return HTMLResponse(DECLINED.format(target=target), headers=FRESH)
            case str():
                return _not_done()
        if "code" not in request.query_params:
            return RedirectResponse(target, headers=FRESH)
        if _tries(request) > MOST_TRIES:
            return PlainTextResponse(NO_COOKIE, HTTPStatus.BAD_REQUEST, FRESH)
        return await _answer(callback, request, target)

    for path, handler in ((f"/{LOGOUT}", logout), (f"/{LOGIN}", leave), (CALLBACK, returned)):
        app.router.routes.insert(0, Route(path, handler, methods=["GET"], name=path))


def safe_target(text: str) -> str:
    """The page's address, with the query of `text` if `text` is an address of the page.

    The result never leads to another site: it begins with one slash, and a question mark follows if anything does.
    """
    if len(text) > LONGEST_TARGET or UNSAFE.search(text):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:  # brackets without an address
        return "/"
    if parts.scheme or parts.netloc or parts.path not in ("", "/") or not parts.query:
        return "/"
    return f"/?{parts.query}"


def _endpoint(app: FastAPI, path: str) -> Callable[[Request], Any]:
    """Gradio's own handler of a route."""
    found: Callable[[Request], Any]
    found = next(route.endpoint for route in app.routes if isinstance(route, Route) and route.path == path)
    return found


async def _answer(endpoint: Callable[[Request], Any], request: Request, target: str) -> Response:
    """The answer of Gradio's handler to the request with this target and a numeric count."""
    others = [(name, value) for name, value in request.query_params.multi_items() if name not in (TARGET, TRIES)]
    query = urlencode([*others, (TARGET, target), (TRIES, _tries(request))])
    try:
        answer = endpoint(Request({**request.scope, "query_string": query.encode()}, request.receive))
        found: Response = await answer if inspect.isawaitable(answer) else answer
        return found
    except (OAuthError, httpx2.HTTPError):  # their messages can contain the code
        return _not_done()


def _not_done() -> Response:
    return PlainTextResponse(NOT_DONE, HTTPStatus.BAD_GATEWAY, FRESH)


def _provider() -> Any:
    """A client of the login's provider; it stores the state in the session as Gradio's callback expects."""
    scopes, issuer = os.environ["OAUTH_SCOPES"], os.environ["OPENID_PROVIDER_URL"]
    return OAuth().register(
        "huggingface",
        client_id=os.environ["OAUTH_CLIENT_ID"],
        client_secret=os.environ["OAUTH_CLIENT_SECRET"],
        client_kwargs={"scope": scopes},
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
    )


def _callback(request: Request) -> str:
    """The callback address for the provider: on hf.space, if that name is known."""
    names = os.environ.get("SPACE_HOST", "")
    return f"https://{names.split(',')[0].strip()}{CALLBACK}" if names else str(request.url_for(CALLBACK))


def _tries(request: Request) -> int:
    text = request.query_params.get(TRIES, "0")
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else 0
