"""Serving the page: the address it listens at, and its end."""

from __future__ import annotations

import contextlib
import os
import socket

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import Mount

from ui.downloads import add_routes
from ui.layout import build
from ui.tenants import Tenants
from ui.theme import ICON, STYLE_SHEETS, head, theme

MAX_UPLOAD = "20mb"
LEAVING_SECONDS = 2
"""How long a stopped app waits for what is being answered."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; SystemExit with the reason where it cannot."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise SystemExit(
            f"error: cannot listen at {address(host, port)}: {reason}.\nTry another --port or --host."
        ) from error


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds the page."""
    name = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def serve(tenants: Tenants, listener: socket.socket) -> None:
    """Answer at the socket until the process is told to stop (SIGINT or SIGTERM).

    The page is mounted, not launched: gradio's launch() ends the app where it does not answer itself within three
    seconds, and a machine that trains can be slower than that.
    """
    served: FastAPI = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        build(tenants),
        path="/",
        theme=theme(),
        css_paths=list(STYLE_SHEETS),
        head=head(),
        favicon_path=str(ICON),
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        max_file_size=MAX_UPLOAD,
    )
    (mounted,) = served.routes
    assert isinstance(mounted, Mount)
    assert isinstance(mounted.app, App)
    add_routes(mounted.app, tenants)
    with contextlib.suppress(KeyboardInterrupt):
        _Server(served, mounted.app).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, served: FastAPI, page: App) -> None:
        super().__init__(uvicorn.Config(served, log_level="warning", timeout_graceful_shutdown=LEAVING_SECONDS))
        self._page = page

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the open pages' streams of events, which have no end of their own, and then what else goes on."""
        self._page.stop_event.set()
        await super().shutdown(sockets)
