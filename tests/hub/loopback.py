"""A Hugging Face Hub on 127.0.0.1 for the real client over real sockets.

It speaks what huggingface_hub 2.4.0 sends for: whoami (tokens with a role, fine-grained permissions or OAuth scopes
that may end: accounts), creating, listing and deleting repositories, preupload, commits (ndjson), file lists,
resolve with its redirect to another origin, auth-check, gated and private repositories (repo_routes), LFS upload
(lfs_routes), the repositories of Spaces (space_routes), Jobs as real processes with their logs (job_routes), buckets
for `hf jobs uv run` (buckets), and logging in with OpenID Connect (oauth). Faults can be ordered (faults), and every
request is kept in `trace`.

It leaves out: Xet for repositories, multipart LFS, pull requests, branches and tags, moving repositories,
organisations, Spaces that run, scheduled jobs, real machines and containers, billing, rate limits of its own, signed
URLs that expire, and the security scan.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.hub import faults
from tests.hub.accounts import INVALID
from tests.hub.buckets import Buckets
from tests.hub.faults import Fault, Faults
from tests.hub.job_routes import JobRoutes
from tests.hub.jobs import Jobs
from tests.hub.oauth import OpenIdProvider
from tests.hub.refusal import Refusal
from tests.hub.repos import World
from tests.hub.space_routes import SpaceRoutes
from tests.waiting import wait_until

Handler = Callable[[Request], Awaitable[Response]]
Route = tuple[str, str, Handler]
PAGE = 100
OF_A_REPOSITORY = re.compile(r"/api/(models|datasets|spaces)/.+|/.+/resolve/.+")
"""The paths whose 401 the client takes for a missing repository, over https (REPO_API_REGEX, utils/_http.py)."""


class LoopbackHub:
    """The server; `world` is what it knows, `jobs` what it runs, `trace` what it was asked, `sent` with
    which token."""

    def __init__(self, listener: socket.socket) -> None:
        port = listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.cdn = f"http://localhost:{port}"  # another origin: the client must not send its token there
        self.faults = Faults()
        self.jobs = Jobs(self.endpoint)
        self.oauth = OpenIdProvider(self)
        self.buckets = Buckets(self)
        self.spaces = SpaceRoutes(self)
        self._listener = listener
        self._server = uvicorn.Server(uvicorn.Config(self._app(), log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self.answering = 0  # requests being answered
        self.reset()

    def reset(self) -> None:
        """Forget everything, and end what still runs; what was asked before is answered from what was known then."""
        self.faults.clear()
        self.jobs.reset()
        wait_until(lambda: self.answering == 0)
        self.world = World()
        self.trace: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.authorized_cdn_requests = 0
        self.page = PAGE
        self.oauth.reset()
        self.buckets.reset()
        self.spaces.reset()

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()
        wait_until(lambda: self._server.started)

    def stop(self) -> None:
        """Stop serving and close the socket."""
        self.jobs.reset()
        self._server.should_exit = True
        self._server.force_exit = True  # a browser may hold a connection open
        self._thread.join()

    def fail(
        self,
        pattern: str,
        status: int | None,
        message: str = "",
        headers: dict[str, str] | None = None,
        times: int = 1_000,
        delay_seconds: float = 0,
        *,
        after: int = 0,
        done: bool = False,
        until: threading.Event | None = None,
    ) -> None:
        """Order a fault (see Fault)."""
        fault = Fault(pattern, status, headers or {}, message, times, after, delay_seconds, done, until)
        self.faults.order(fault)

    def _app(self) -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        own: list[Route] = [("GET", "/api/whoami-v2", self._whoami)]
        # The jobs' paths come first: those of repositories would match them too.
        for method, path, handler in (
            *own,
            *JobRoutes(self).routes(),
            *self.oauth.routes(),
            *self.buckets.routes(),
            *self.spaces.routes(),
        ):
            app.add_api_route(path, self._guarded(handler), methods=[method], response_model=None)
        return app

    def _guarded(self, handler: Handler) -> Handler:
        """The handler with its refusals as the Hub words them, with ordered faults, and traced."""

        async def answer(request: Request) -> Response:
            asked = f"{request.method} {request.url.path}"
            self.answering += 1
            self.trace.append(asked)
            self.sent.append((asked, request.headers.get("authorization", "").removeprefix("Bearer ")))
            try:
                return await met(request, asked)
            finally:
                self.answering -= 1

        async def met(request: Request, asked: str) -> Response:
            fault = await self.faults.meet(asked)
            if fault is not None and fault.status is not None:
                if fault.done:
                    await handler(request)
                    await self.faults.delay(fault)
                return faults.answer(fault, _code(fault.status, fault.message, asked))
            try:
                response = await handler(request)
                if fault is not None and fault.done:
                    await self.faults.delay(fault)
                return response
            except Refusal as refusal:
                headers = {"X-Error-Message": refusal.message}
                if code := refusal.code or _code(refusal.status, refusal.message, asked):
                    headers["X-Error-Code"] = code
                return JSONResponse({"error": refusal.message}, refusal.status, headers)

        return answer

    async def _whoami(self, request: Request) -> Response:
        return JSONResponse(self.world.accounts.whoami(request.headers.get("authorization")))

    def paged(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        """One page of a list, with the link to the next."""
        start = int(request.query_params.get("cursor", "0"))
        headers = {}
        if start + self.page < len(rows):
            headers["Link"] = f'<{request.url.include_query_params(cursor=start + self.page)}>; rel="next"'
        return JSONResponse(rows[start : start + self.page], headers=headers)


def _code(status: int, message: str, asked: str) -> str | None:
    """The error code that makes the client read a 401 over http as it reads one over https."""
    hidden = status == 401 and message != INVALID and OF_A_REPOSITORY.fullmatch(asked.partition(" ")[2])
    return "RepoNotFound" if hidden else None
