"""The gate before an application that answers everything: what reaches it, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from ui.guard import MAX_BODY, Addresses, Browsers, Frames, Gate, Guard, Limits, Uploads

OWN = "http://127.0.0.1:7860"
RUN = "/gradio_api/run/predict"


async def careless(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers everybody, and lets every site read it."""
    body = await Request(scope, receive).body()
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
    await PlainTextResponse(f"{len(body)}", headers=headers)(scope, receive, send)


def client_of(folder: Path, *, shared: bool) -> TestClient:
    guard = Guard(Browsers(framed=shared), Uploads(folder, Limits()))
    addresses = Addresses("127.0.0.1", checked=not shared)
    return TestClient(Gate(careless, addresses, guard, Frames(("https://hub.example",)), shared=shared), base_url=OWN)


@pytest.fixture
def app(tmp_path: Path) -> TestClient:
    return client_of(tmp_path, shared=False)


@pytest.fixture
def space(tmp_path: Path) -> TestClient:
    return client_of(tmp_path, shared=True)


def reached(reply: httpx2.Response) -> bool:
    return reply.status_code == 200


def test_the_page_and_programs_get_through(app: TestClient) -> None:
    assert reached(app.get("/", headers={"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}))
    assert reached(app.post(RUN, json={}, headers={"Origin": OWN, "Sec-Fetch-Site": "same-origin"}))
    assert reached(app.post(RUN, json={}))
    assert reached(app.get("/config"))


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://localhost:7860"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_requests_of_another_page_are_refused_without_cors_headers(app: TestClient, origin: str, method: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for path in ("/", "/config", RUN, "/gradio_api/upload", "/runs/x/y"):
        reply = app.request(method, path, headers=asked)
        assert reply.status_code == 403
        assert [name for name in reply.headers if name.startswith("access-control")] == []


def test_no_answer_lets_other_sites_read_it(app: TestClient) -> None:
    reply = app.get("/config", headers={"Origin": OWN})
    assert reached(reply)
    assert [name for name in reply.headers if name.startswith("access-control")] == []
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "private, no-cache"
    assert "frame-ancestors 'self' https://hub.example;" in reply.headers["content-security-policy"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_acts_for_another_page_is_refused_without_an_origin_too(space: TestClient, site: str) -> None:
    from_afar = {"Sec-Fetch-Site": site}
    assert space.post(RUN, json={}, headers=from_afar).status_code == 403
    for path in ("/config", "/page-token", "/gradio_api/heartbeat/x", "/gradio_api/queue/data", "/assets/x.js"):
        assert space.get(path, headers={**from_afar, "Sec-Fetch-Mode": "no-cors"}).status_code == 403


def test_a_link_on_another_site_may_open_the_page_but_not_log_out(space: TestClient) -> None:
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert reached(space.get("/", headers=visit))
    assert reached(space.get("/login/callback", headers=visit))
    assert space.get("/logout", headers=visit).status_code == 403
    assert space.post("/", headers=visit).status_code == 403
    assert space.get("/page-token", headers=visit).status_code == 403
    assert reached(space.get("/logout", headers={"Sec-Fetch-Site": "same-origin"}))


def test_a_browser_gets_one_cookie_and_owns_the_sessions_that_it_used_first(app: TestClient) -> None:
    first = app.get("/").headers["set-cookie"]
    assert "HttpOnly" in first
    assert "SameSite=Strict" in first
    ada = {"Cookie": first.partition(";")[0]}
    assert "set-cookie" not in app.get("/", headers=ada).headers
    assert reached(app.get("/gradio_api/heartbeat/adas", headers=ada))
    for path in ("/gradio_api/heartbeat/adas", "/gradio_api/queue/data?session_hash=adas", "/?session_hash=adas"):
        for stranger in ({"Cookie": ""}, {"Cookie": f"fgt-browser={'x' * 32}"}):
            assert app.get(path, headers=stranger).status_code == 403
        assert reached(app.get(path, headers=ada))


def test_a_cookie_that_a_frame_needs_is_sent_to_frames_and_never_in_plain_text(space: TestClient) -> None:
    assert "SameSite=None; Secure" in space.get("/").headers["set-cookie"]


def test_the_laptop_app_has_no_login(app: TestClient) -> None:
    assert app.get("/login/huggingface").status_code == 404
    assert app.get("/logout").status_code == 404


@pytest.mark.parametrize("host", ["evil.test", "x.localhost:7860", ""])
def test_a_name_that_is_not_the_apps_is_refused_and_says_what_to_do(app: TestClient, host: str) -> None:
    reply = app.get("/", headers={"Host": host})
    assert reply.status_code == 403
    assert "--allow-host" in reply.text


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/component_server", "/gradio_api/proxy=https://x.hf.space/", "/gradio_api/vibe-edit", "/monitoring",
     "/gradio_api/deep_link", "/gradio_api/startup-events", "/gradio_api/stream/x", "/login", "/gradio_api/dev/reload",
     "/gradio_api/process_recording", "/custom_component/x", "/gradio_api/run/a/b", "//config", "/config/../runs"],
)  # fmt: skip
def test_routes_that_the_page_does_not_need_do_not_exist(app: TestClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        assert app.request(method, OWN + path).status_code == 404


def test_the_size_of_headers_is_limited_before_they_are_read(app: TestClient) -> None:
    reply = app.get("/", headers={"Cookie": 'a="' + "\\" * 60_000 + '"'})
    assert reply.status_code == 431
    assert "cookies" in reply.text


@pytest.mark.parametrize("part", [b"[]", b"{}", b"1", b'""', b'"x"'])
def test_a_body_of_countless_parts_is_refused_before_it_is_read(app: TestClient, part: bytes) -> None:
    body = b'{"data":[' + b",".join([part] * 400_000) + b"]}"
    assert app.post(RUN, content=body).status_code == 400


def test_a_body_of_long_texts_is_read(app: TestClient) -> None:
    text = 'a "quoted" \\ row, [{"name": 1}]\n' * 200_000
    assert reached(app.post(RUN, json={"data": [text, text], "session_hash": "ada"}))


@pytest.mark.parametrize("name", ["x" * 65, "", "a b", "é", 7, ["a"], {"a": 1}])
def test_a_session_has_a_short_plain_name(app: TestClient, name: object) -> None:
    assert app.post(RUN, json={"data": [], "session_hash": name}).status_code == 400
    if isinstance(name, str):
        assert app.get("/gradio_api/queue/data", params={"session_hash": name}).status_code == 400


def test_nobody_can_use_anothers_session_in_a_body_or_next_to_their_own(app: TestClient) -> None:
    ada, eve = ({"Cookie": f"fgt-browser={letter * 32}"} for letter in "ae")
    for name, who in (("adas", ada), ("eves", eve)):
        assert reached(app.post(RUN, json={"session_hash": name}, headers=who))
    for path in ("/gradio_api/cancel", "/gradio_api/queue/join", RUN):
        assert app.post(path, json={"session_hash": "adas", "event_id": "x"}, headers=eve).status_code == 403
    both = "/gradio_api/queue/data?session_hash=eves&session_hash=adas"
    assert app.get(both, headers=eve).status_code == 403


def test_a_queued_call_belongs_to_the_browser_that_requested_it(tmp_path: Path) -> None:
    async def queues(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"event_id": "e1"})(scope, receive, send)

    guard = Guard(Browsers(framed=False), Uploads(tmp_path, Limits()))
    client = TestClient(Gate(queues, Addresses("127.0.0.1"), guard, Frames(), shared=False), base_url=OWN)
    ada, eve = ({"Cookie": f"fgt-browser={letter * 32}"} for letter in "ae")
    assert reached(client.post("/gradio_api/call/validate", json={"data": []}, headers=ada))
    for path in ("/gradio_api/call/validate/e1", "/gradio_api/call/v2/validate/e1"):
        assert client.get(path, headers=eve).status_code == 403
        assert reached(client.get(path, headers=ada))


def test_the_announced_and_the_received_size_of_a_body_are_limited(app: TestClient) -> None:
    assert reached(app.post(RUN, content=b"x" * 1000))
    assert app.post(RUN, content=b"x" * (MAX_BODY + 1)).status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 1_000_000 + 1):
            yield b"x" * 1_000_000

    reply = app.post(RUN, content=chunks())
    assert "content-length" not in reply.request.headers
    assert reply.status_code == 413
    assert "25 MB" in reply.text
