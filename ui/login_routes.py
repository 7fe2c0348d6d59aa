"""Logging in and out on a shared app, where Gradio's own routes fall short."""

from __future__ import annotations

import inspect

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.routing import Route

from ui.identity import LOGOUT
from ui.tenants import Tenants

CALLBACK = "/login/callback"
FRESH = {"Cache-Control": "no-store"}


def add_login_routes(app: FastAPI, tenants: Tenants) -> None:
    """Serve /logout, which ends the login on the server, and the way back of somebody who declined to log in.

    Gradio's /logout only takes the cookie back, and its callback fails on an error that the Hub reports.
    """
    if not tenants.shared:
        return
    callback = next(route.endpoint for route in app.routes if isinstance(route, Route) and route.path == CALLBACK)

    def logout(request: Request) -> RedirectResponse:
        tenants.log_out(request)
        request.session.clear()
        return RedirectResponse("/", headers=FRESH)

    async def returned(request: Request) -> Response:
        if "error" in request.query_params or "code" not in request.query_params:
            return RedirectResponse("/", headers=FRESH)
        answer = callback(request)
        found: Response = await answer if inspect.isawaitable(answer) else answer
        return found

    app.router.routes.insert(0, Route(f"/{LOGOUT}", logout, methods=["GET"]))
    app.router.routes.insert(0, Route(CALLBACK, returned, methods=["GET"]))
