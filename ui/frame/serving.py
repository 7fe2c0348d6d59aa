"""The server of the page: its address, its start and its shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from urllib.parse import urlsplit

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import Mount

from backend.environment import on_space
from backend.errors import InputError
from backend.runs import fallback_folder
from ui.agents import agent_server
from ui.frame.downloads import add_routes
from ui.frame.layout import build
from ui.frame.login_routes import add_login_routes
from ui.frame.theme import ICON, STYLE_SHEETS, head, theme
from ui.guard import SHARED_LIMITS, Addresses, Frames, Gate, Guard, Limits, Sessions, Uploads
from ui.services import Tenants, stop_all

MAX_UPLOAD = "20mb"
INCOMING = ".incoming"
HUB = "https://huggingface.co"
LEAVING_SECONDS, CLEANING_SECONDS = 2, 6.0
"""Seconds that a stopped app waits for open requests, and for checks that remove their files."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SystemExit with the reason if that is not possible."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise SystemExit(
            f"error: cannot listen at {address(host, port)}: {reason}.\nTry another --port or --host."
        ) from error


def address(host: str, port: int) -> str:
    """The page's address for a browser on this machine."""
    name = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def serve(tenants: Tenants, listener: socket.socket, addresses: Addresses) -> None:
    """Serve the app at the socket until SIGINT or SIGTERM.

    The page is mounted, not launched: Gradio's launch() ends the app if it does not answer within three seconds, and a
    machine that trains can be slower.
    """
    uploads = _uploads(tenants)
    guard = Guard(tenants.browsers, uploads)
    served, page = _mounted(tenants, guard)
    gate = Gate(served, addresses, guard, frames(), shared=tenants.shared)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _Server(gate, page, uploads).run(sockets=[listener])
    finally:  # also if it could not start
        uploads.close()


def _uploads(tenants: Tenants) -> Uploads:
    """The folder for uploads, which Gradio uses too; a temporary one if the usual one cannot be written."""
    limits = SHARED_LIMITS if tenants.shared else Limits()
    try:
        uploads = Uploads(tenants.root / INCOMING, limits)
    except InputError as error:
        home = fallback_folder("incoming")  # no other app removes it
        print(f"{error} Uploads are stored in {home} meanwhile.", flush=True)
        uploads = Uploads(home, limits)
    os.environ["GRADIO_TEMP_DIR"] = str(uploads.folder)
    return uploads


def _mounted(tenants: Tenants, guard: Guard) -> tuple[FastAPI, App]:
    """The application, and Gradio's own in it."""
    blocks, agents = build(tenants, guard), agent_server(tenants, guard)
    served: FastAPI = gr.mount_gradio_app(
        FastAPI(openapi_url=None, lifespan=agents.lifespan if agents else None),
        blocks,
        path="/",
        theme=theme(),
        css_paths=list(STYLE_SHEETS),
        head=head(),
        favicon_path=str(ICON),
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        max_file_size=MAX_UPLOAD,
    )
    (mounted,) = served.routes
    assert isinstance(mounted, Mount)
    assert isinstance(mounted.app, App)
    mounted.app.state_holder = Sessions(blocks)
    add_routes(mounted.app, tenants)
    tenants.browsers.add_routes(mounted.app)
    add_login_routes(mounted.app, tenants)
    if agents:
        agents.add_routes(served)
    return served, mounted.app


def frames() -> Frames:
    """The sites that may frame the app: on a Space the Hub and the login's provider; otherwise none."""
    if not on_space(os.environ):
        return Frames()
    provider = urlsplit(os.environ.get("OPENID_PROVIDER_URL", ""))
    own = [f"{provider.scheme}://{provider.netloc}"] if provider.netloc else []
    return Frames(tuple(dict.fromkeys([HUB, *own])))


class _Server(uvicorn.Server):
    def __init__(self, served: Gate, page: App, uploads: Uploads) -> None:
        super().__init__(uvicorn.Config(served, log_level="warning", timeout_graceful_shutdown=LEAVING_SECONDS))
        self._page = page
        self._uploads = uploads

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams of open pages, which would not end by themselves, then everything else.

        Account checks remove their files first. Uploads are deleted too, because the signal then ends the process.
        """
        self._page.stop_event.set()
        await asyncio.to_thread(stop_all, CLEANING_SECONDS)
        await super().shutdown(sockets)
        self._uploads.close()
