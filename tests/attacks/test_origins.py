"""Who may ask: the app's own page and programs without a browser; no page of another site."""

from __future__ import annotations

import re
from itertools import product

import httpx
import pytest

from tests.attacks.conftest import SPACE_HOST, Target
from tests.attacks.outsider import MUTATING, Outsider, allowing, asked
from tests.attacks.surface import gradio_routes
from tests.hub.loopback import LoopbackHub

OWN_ROUTES = [
    ("GET", path)
    for path in (
        "/runs/20260101-000000-abcd/evaluation.json",
        "/data/example/dataset",
        "/examples/hiking.csv",
        "/plotly.min.js",
        "/login/huggingface",
        "/login/callback",
        "/logout",
        "/docs",
        "/redoc",
        "/no/such/page",
    )
]
NEEDED = re.compile(
    r"/|/config/?|/(static|assets|svelte)/.*|/(favicon\.ico|theme\.css|robots\.txt|manifest\.json|pwa_icon.*)|/logout"
    r"|(/gradio_api)?/openapi\.json|/gradio_api/((info|upload|reset|user|login_check|app_id)/?|heartbeat/.*|theme\.css"
    r"|file=.*|file/.*|upload_progress|startup-events|cancel|(run|api|call|call/v2)/.*|queue/(join|data|status))"
)


@pytest.fixture(params=["laptop", "named_space"])
def app(request: pytest.FixtureRequest) -> Target:
    """Each of both."""
    found: Target = request.getfixturevalue(request.param)
    return found


def routes() -> list[tuple[str, str]]:
    """Every route of Gradio's and of ours, with something in place of each parameter."""
    filled = [(method, re.sub(r"\{[^}]*\}", "x", path)) for method, path in gradio_routes()]
    return sorted({*filled, *OWN_ROUTES} - {("HEAD", "/openapi.json")})


def foreign_origins(authority: str) -> list[str]:
    """Origins that look like the app's own, and others."""
    host, _, port = authority.partition(":")
    near = [f"http://{host}:{int(port) + 1}", f"http://{host}", f"http://localhost:{int(port) + 1}", "http://localhost"]
    named = [f"http://x.localhost:{port}", f"http://{authority}.evil.test", f"http://{host}.evil.test:{port}"]
    tricks = [f"http://{authority}@evil.test", f"http://evil.test/{authority}", f"http://evil.test:{port}", "file://"]
    others = ["http://evil.test", "https://evil.test", "null", "https://huggingface.co", "https://evil.hf.space"]
    return [*others, *near, *named, *tricks, "chrome-extension://abcdefghijklmnop", f"http://evil{SPACE_HOST}"]


@pytest.mark.parametrize("origin", ["http://evil.test", "null"])
def test_no_route_answers_a_page_of_another_site(app: Target, origin: str) -> None:
    outsider, got_in = Outsider(app.url), []
    for method, path in routes():
        reply = asked(outsider, method, path, {"Origin": origin})
        if reply.status_code != 403 or allowing(reply):
            got_in.append((method, path, reply.status_code, allowing(reply)))
    assert got_in == []


def test_no_origin_but_the_own_is_answered(app: Target) -> None:
    outsider, got_in = Outsider(app.url), []
    asking = [("GET", "/"), ("GET", "/config"), ("POST", "/gradio_api/run/predict"), ("POST", "/gradio_api/queue/join")]
    asking += [("GET", "/gradio_api/heartbeat/x"), ("GET", "/gradio_api/queue/data?session_hash=x")]
    for origin, (method, path) in product(foreign_origins(outsider.authority), asking):
        for more in ({}, {"X-Forwarded-Host": origin.rpartition("/")[2], "Forwarded": f"host={origin}"}):
            reply = asked(outsider, method, path, {"Origin": origin, **more})
            if reply.status_code != 403 or allowing(reply):
                got_in.append((origin, method, path, reply.status_code))
    assert got_in == []


def test_no_preflight_is_granted(app: Target) -> None:
    outsider, granted = Outsider(app.url), []
    own = f"http://{outsider.authority}"
    for origin, method in product([*foreign_origins(outsider.authority), own], (*MUTATING, "GET")):
        wish = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type,x-fgt-page"}
        for path in ("/", "/gradio_api/run/predict", "/gradio_api/upload"):
            for local in ({}, {"Access-Control-Request-Private-Network": "true"}):
                reply = asked(outsider, "OPTIONS", path, {"Origin": origin, **wish, **local})
                if allowing(reply) or (origin != own and reply.status_code != 403):
                    granted.append((origin, method, path, reply.status_code, allowing(reply)))
    assert granted == []


def test_the_own_page_and_programs_are_answered(app: Target) -> None:
    outsider = Outsider(app.url)
    own = [{}, {"Origin": f"http://{outsider.authority}"}, {"Origin": f"https://{outsider.authority}"}]
    own += [{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": f"http://{outsider.authority}"}]
    for headers in own:
        for method, path in (("GET", "/"), ("GET", "/config"), ("GET", "/examples/hiking.csv")):
            reply = asked(outsider, method, path, headers)
            assert (reply.status_code, allowing(reply)) == (200, []), (headers, path)
        assert asked(outsider, "POST", "/gradio_api/cancel", headers).status_code != 403, headers
    assert asked(outsider, "GET", "/", {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_only_lead_to_the_page_and_to_downloads(app: Target, site: str) -> None:
    outsider, got_in, kept_out = Outsider(app.url), [], []
    open_to_links = ("/", "/?run=x&step=train", "/examples/hiking.csv", "/data/example/dataset")
    closed = ("/config", "/logout", "/gradio_api/info", "/gradio_api/heartbeat/x", "/theme.css")
    closed += ("/gradio_api/queue/data?session_hash=x", "/gradio_api/startup-events", "/gradio_api/app_id")
    for path, mode in product((*open_to_links, *closed), ("navigate", "cors", "no-cors", "same-origin", "websocket")):
        for method in ("GET", *MUTATING):
            head = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": "document"}
            status = asked(outsider, method, path, head).status_code
            may = method == "GET" and mode == "navigate" and path in open_to_links
            if may and status != 200:
                kept_out.append((path, status))
            if not may and status != 403:
                got_in.append((method, path, mode, status))
    assert (got_in, kept_out) == ([], [])
    led = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert asked(outsider, "GET", "/login/huggingface", led).status_code != 403


def test_only_the_own_page_may_post_from_a_browser(app: Target) -> None:
    outsider, got_in = Outsider(app.url), []
    posted = [(method, path) for method, path in routes() if method == "POST"]
    for (method, path), site in product(posted, ("none", "cross-site", "same-site", "nonsense")):
        status = asked(outsider, method, path, {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}).status_code
        if status != 403:
            got_in.append((path, site, status))
    assert got_in == []


def test_routes_that_the_page_does_not_need_are_not_there(app: Target) -> None:
    """A new Gradio's new route is here until somebody says what the page needs it for."""
    outsider = Outsider(app.url)
    idle = [(method, path) for method, path in routes() if not NEEDED.fullmatch(path)]
    idle = [(method, path) for method, path in idle if (method, path) not in OWN_ROUTES]
    assert len(idle) > 20
    there = [(method, path) for method, path in idle if asked(outsider, method, path, {}).status_code != 404]
    assert there == []


def test_no_answer_lacks_the_headers_that_bind_a_browser(app: Target) -> None:
    outsider, lacking = Outsider(app.url), []
    asking = [(method, path, {}) for method, path in routes()]
    asking += [("GET", "/", {"Origin": "http://evil.test"}), ("GET", "/", {"Host": "evil.test"})]
    for method, path, headers in asking:
        reply = asked(outsider, method, path, headers)
        policy = reply.headers.get("referrer-policy", "unsafe-url")
        bound = (
            reply.headers.get("x-content-type-options") == "nosniff"
            and policy in ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin", "origin")
            and _framers(reply) is not None
        )
        if not bound:
            lacking.append((method, path, reply.status_code))
    assert lacking == []


def test_only_the_hub_may_frame_a_space_and_nobody_else_a_laptop(
    laptop: Target, named_space: Target, hub_server: LoopbackHub
) -> None:
    framers = _framers(asked(Outsider(laptop.url), "GET", "/", {}))
    assert framers is not None
    assert framers <= {"'self'", "'none'"}
    framers = _framers(asked(Outsider(named_space.url), "GET", "/", {}))
    assert framers is not None
    assert "https://huggingface.co" in framers
    assert framers <= {"'self'", "https://huggingface.co", hub_server.endpoint}


def test_no_script_reads_a_cookie_of_the_app(app: Target) -> None:
    outsider = Outsider(app.url)
    replies = [outsider.get("/"), outsider.upload("rows.csv", b"user_message,tool_calls\n"), outsider.get("/config")]
    lines = [line for reply in replies for line in reply.headers.get_list("set-cookie")]
    assert lines
    assert [line for line in lines if "httponly" not in line.lower()] == []


def _framers(reply: httpx.Response) -> set[str] | None:
    """Who may show the answer in a frame, None where everybody may."""
    for directive in reply.headers.get("content-security-policy", "").split(";"):
        name, *sources = directive.split()[:1] + directive.split()[1:] or [""]
        if name == "frame-ancestors":
            return set(sources)
    return None
