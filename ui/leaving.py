"""Logging out: the login ends on the server, not in one browser alone."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.routing import Route

from ui.identity import LOGOUT
from ui.tenants import Tenants


def add_logout(app: FastAPI, tenants: Tenants) -> None:
    """Serve /logout on a shared app, in the place of Gradio's own, which only takes the cookie back."""
    if not tenants.shared:
        return

    def logout(request: Request) -> RedirectResponse:
        tenants.log_out(request)
        request.session.clear()
        return RedirectResponse("/", headers={"Cache-Control": "no-store"})

    app.router.routes.insert(0, Route(f"/{LOGOUT}", logout, methods=["GET"]))
