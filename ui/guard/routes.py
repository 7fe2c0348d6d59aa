"""The routes that the app serves: those that the page, its two API calls and agents need, and no others.

Gradio serves about seventy routes, and a new version may add more (gradio 6.31, read on 2026-11-27: deep links that
write a session to the disk, a proxy, an editor of the app's own code, server functions of components, media streams).
The gate answers 404 for every route that is not listed here.
"""

from __future__ import annotations

import re

READ, WRITE = ("GET", "HEAD"), ("POST",)
API = "/gradio_api"
UPLOAD, FILE, CALL = f"{API}/upload", f"{API}/file=", f"{API}/call/"
LOGOUT = "/logout"
AGENTS = f"{API}/mcp"
"""The MCP server for coding agents."""

_READ = re.compile(
    r"/|/config/?|/theme\.css|/robots\.txt|/favicon\.ico|/manifest\.json|/pwa_icon(?:/\d+)?"
    r"|/(?:assets|static|svelte)/.+"
    rf"|{API}/(?:theme\.css|info/?|openapi\.json|app_id/?|login_check/?|queue/(?:data|status)|upload_progress)"
    rf"|{API}/heartbeat/[^/]+|{API}/call/(?:v2/)?[^/]+/[^/]+|{API}/file=.+"
    rf"|{AGENTS}/?"
    r"|/page-token|/runs/[^/]+/[^/]+|/data/[^/]+/[^/]+|/examples/[^/]+|/model_worker\.js|/litertlm/.+|/plotly\.min\.js"
)
_WRITE = re.compile(rf"{API}/(?:(?:run|api)/[^/]+/?|call/(?:v2/)?[^/]+/?|queue/join|cancel|reset/?|upload|mcp/?)")
_LOGIN = re.compile(r"/login/(?:huggingface|callback)|/logout")
_VISITED = re.compile(r"/|/login/(?:huggingface|callback)|/runs/[^/]+/[^/]+|/data/[^/]+/[^/]+|/examples/[^/]+")


def exists(method: str, path: str, *, shared: bool) -> bool:
    """Whether the app serves this route; only a shared app has logins."""
    if method in READ:
        return bool(_READ.fullmatch(path)) or (shared and bool(_LOGIN.fullmatch(path)))
    return method in WRITE and bool(_WRITE.fullmatch(path))


def may_be_visited(path: str) -> bool:
    """Whether a link on another site may open this path: only pages and downloads, which change nothing."""
    return bool(_VISITED.fullmatch(path))
