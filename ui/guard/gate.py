"""The outermost check of a request: its sender, route and size; it also sets every answer's headers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.guard.addresses import Addresses
from ui.guard.bodies import Body, checked_names, named_in
from ui.guard.browsers import cookies_in, own_cookies
from ui.guard.guard import Guard
from ui.guard.routes import CALL, LOGOUT, READ, UPLOAD, WRITE, exists, may_be_visited
from ui.guard.sessions import NOT_YOURS, sessions_in
from ui.guard.upload_route import UploadRoute

MAX_BODY = 25_000_000
"""In bytes: the largest upload, and the overhead of its form."""
MOST_HEADERS = 32_000
"""In bytes, names and values together: a login's cookie has about 4,000."""
LONG_HEADERS = f"The request's headers are larger than {MOST_HEADERS // 1_000} kB. Delete the cookies of this address."
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOREIGN = "This request comes from another web page, so it was refused. Open the app's own address and use it there."
PRIVATE = "private, no-cache"
"""The Cache-Control of an answer that has none: shared caches must not store it."""
PUBLIC = ("/assets/", "/static/", "/svelte/", "/theme.css", "/favicon.ico")
NO_SUCH_HOST = (
    "This app does not accept the name {host!r}. Open it at the address that it printed when it started. If this name "
    "is yours, start the app with --allow-host {name}."
)
TOO_LARGE = f"The request is larger than {MAX_BODY // 1_000_000} MB. Use smaller files."


@dataclass(frozen=True, slots=True)
class Frames:
    """The web sites that may show the app in a frame. Others may not, because that would allow clickjacking."""

    origins: tuple[str, ...] = ()

    @property
    def policy(self) -> str:
        """The Content-Security-Policy header."""
        allowed = " ".join(("'self'", *self.origins))
        return f"frame-ancestors {allowed}; object-src 'none'; base-uri 'self'"


class Gate:
    """An ASGI application around the served one; a request that it refuses never reaches Gradio.

    A browser states in Origin and Sec-Fetch-Site which page caused a request. Programs send neither header. They have
    no visitor's cookies, so they cannot act in a visitor's name.
    """

    def __init__(self, app: ASGIApp, addresses: Addresses, guard: Guard, frames: Frames, *, shared: bool) -> None:
        self._app = app
        self._addresses = addresses
        self._guard = guard
        self._uploads = UploadRoute(app, guard.uploads, guard.browsers, shared=shared)
        self._frames = frames
        self._shared = shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page opens no other connections
            await send({"type": "websocket.close", "code": 1008})
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
            await refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, LONG_HEADERS)(scope, receive, send)
            return
        scope = {**scope, "headers": own_cookies(scope["headers"])}
        headers = Headers(scope=scope)
        answer = self._answer(scope["path"], headers, send)
        body = Body(receive, headers, MAX_BODY)
        refusal = self._refusal(scope["method"], scope["path"], headers)
        refusal = refusal or self._foreign_session(sessions_in(scope["path"], _query(scope)), headers)
        refusal = refusal or await self._refused_body(scope, headers, body)
        if refusal is not None:
            await refused(*refusal)(scope, receive, answer)
            return
        await self._serve(scope, body, answer)

    async def _serve(self, scope: Scope, body: Body, send: Send) -> None:
        """Answer the request; if its body turns out too large, with that error instead of the application's answer."""
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            if started or not body.too_large:
                started = True
                await send(message)

        handler = self._uploads if self._uploads.takes(scope) else self._app
        queues = scope["method"] in WRITE and scope["path"].startswith(CALL)
        try:
            await handler(scope, body.receive, self._noted(scope, sent) if queues else sent)
        except ClientDisconnect:
            if not body.too_large:
                raise
        if not started and body.too_large:
            await refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)(scope, body.receive, send)

    def _noted(self, scope: Scope, send: Send) -> Send:
        """Returns a `send` that also records the sender as the owner of the queued call in the answer."""
        parts: list[bytes] = []

        async def sent(message: Message) -> None:
            parts.append(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                for name in named_in(b"".join(parts)).names:
                    self._guard.sessions.may_use(name, self._guard.marks(Headers(scope=scope)))
            await send(message)

        return sent

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[HTTPStatus, str] | None:
        """The status and the reason if the request is refused, else None."""
        host, origin, site = headers.get("host"), headers.get("origin"), headers.get("sec-fetch-site")
        if not self._addresses.is_own_host(host):
            shown = (host or "")[:100]
            return HTTPStatus.FORBIDDEN, NO_SUCH_HOST.format(host=shown, name=shown.rpartition(":")[0] or shown)
        if origin is not None and not self._addresses.is_own_origin(origin, host):
            return HTTPStatus.FORBIDDEN, FOREIGN
        if site not in (None, "same-origin") and not _visits(method, path, site, headers.get("sec-fetch-mode")):
            return HTTPStatus.FORBIDDEN, FOREIGN
        if not exists(method, path, shared=self._shared):
            return HTTPStatus.NOT_FOUND, "There is nothing at this address."
        return None

    async def _refused_body(self, scope: Scope, headers: Headers, body: Body) -> tuple[HTTPStatus, str] | None:
        """The status and the reason if the body is refused: for its size, its structure, or another's session."""
        if scope["method"] in WRITE and scope["path"] != UPLOAD and not body.too_large:
            found = named_in(await body.whole())
            if not body.too_large:
                return (HTTPStatus.BAD_REQUEST, found.fault) if found.fault else self._foreign(found.names, headers)
        return (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE) if body.too_large else None

    def _foreign_session(self, names: list[str], headers: Headers) -> tuple[HTTPStatus, str] | None:
        """The refusal if the address names another browser's session, or one that is not valid; else None."""
        found = checked_names(names)
        return (HTTPStatus.BAD_REQUEST, found.fault) if found.fault else self._foreign(found.names, headers)

    def _foreign(self, names: tuple[str, ...], headers: Headers) -> tuple[HTTPStatus, str] | None:
        marks = self._guard.marks(headers)
        mine = all(self._guard.sessions.may_use(name, marks) for name in names)
        return None if mine else (HTTPStatus.FORBIDDEN, NOT_YOURS)

    def _answer(self, path: str, request_headers: Headers, send: Send) -> Send:
        """Returns a `send` that adds the headers of every answer and removes those that allow other sites."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in [name for name in headers if name.lower().startswith("access-control-")]:
                    del headers[name]
                if not path.startswith(PUBLIC):
                    headers.setdefault("Cache-Control", PRIVATE)
                if path == "/" and self._guard.browsers.cookie_of(cookies_in(request_headers)) is None:
                    headers.append("Set-Cookie", self._guard.browsers.new_cookie())
                headers.update({**HEADERS, "Content-Security-Policy": self._frames.policy})
            await send(message)

        return sent


def _query(scope: Scope) -> str:
    return str(scope["query_string"].decode("latin-1"))


def _visits(method: str, path: str, site: str, mode: str | None) -> bool:
    """Whether the request opens a page or a download, from a typed address or a link on another site."""
    if method not in READ:
        return False
    return site == "none" or (mode == "navigate" and path != LOGOUT and may_be_visited(path))


def refused(status: HTTPStatus, reason: str) -> PlainTextResponse:
    """An answer with the reason, which no cache may store."""
    return PlainTextResponse(reason, status_code=status, headers={"Cache-Control": "no-store"})
