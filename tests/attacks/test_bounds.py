"""What one stranger can fill: the disk, the memory, the time of the app. Each has an end."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import secrets
import select
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.attacks.conftest import Target
from tests.attacks.outsider import Outsider
from tests.attacks.surface import Surface, gradio_routes, run
from tests.waiting import wait_until

pytestmark = pytest.mark.slow  # unit/ui/guard holds each bound

MEGABYTE = 1 << 20
TOO_MUCH = 26 * MEGABYTE
MOST_UPLOADS = 200
MOST_UPLOADED = 200 * MEGABYTE
OPENS = int(os.environ.get("ATTACK_OPENS", "2000"))
"""How often the page is opened: 10,000 of them take some minutes, and find nothing that these do not."""
SETTLED_OPENS = 1_000
GROWTH_MEGABYTES = 60
UNWANTED = ("page.html", "picture.svg", "script.js", "run.exe", "model.pkl", "rows.csv.html", "rows", "rows.CSV.xhtml")
REFUSED = (400, 403, 404, 405, 413, 415)
"""What a body without an end is answered: 400 before it is read, where an upload is no form."""
ROWS = b"user_message,tool_calls\nhello,[]\n"


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length told", "in chunks"])
@pytest.mark.parametrize("path", ["run/predict", "api/validate", "call/validate", "call/v2/validate", "queue/join"])
def test_a_body_has_an_end(path: str, chunked: bool, laptop: Target) -> None:
    assert _send(laptop, f"/gradio_api/{path}", "application/json", b'{"data": ["', chunked) == 413


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length told", "in chunks"])
def test_an_upload_has_an_end_and_leaves_nothing(chunked: bool, laptop: Target) -> None:
    before = laptop.received()
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
    assert _send(laptop, "/gradio_api/upload", "multipart/form-data; boundary=b", part, chunked) == 413
    wait_until(lambda: set(laptop.received()) <= set(before))


def test_many_small_parts_have_an_end(laptop: Target) -> None:
    before, outsider = laptop.received(), Outsider(laptop.url)
    files = [("files", (f"{number}.csv", b"x" * MEGABYTE)) for number in range(26)]
    assert outsider.post("gradio_api/upload", files=files).status_code == 413
    wait_until(lambda: set(laptop.received()) <= set(before))


@pytest.mark.parametrize("path", [path for method, path in gradio_routes() if method == "POST" and "{" not in path])
def test_no_route_swallows_a_body_without_end(path: str, laptop: Target) -> None:
    assert _send(laptop, path, "application/json", b'{"data": ["', chunked=True) in REFUSED


@pytest.mark.parametrize("name", UNWANTED)
def test_only_data_is_taken_as_an_upload(name: str, laptop: Target) -> None:
    outsider, before = Outsider(laptop.url), set(laptop.received())
    reply = outsider.upload(name, b"<script>alert(1)</script>")
    assert reply.status_code == 415, reply.text
    wait_until(lambda: set(laptop.received()) <= before)


@pytest.mark.parametrize("name", ["tools.json", "rows.jsonl", "rows.csv", "rows.TSV", "questions.txt"])
def test_data_is_taken_as_an_upload(name: str, laptop: Target) -> None:
    assert Outsider(laptop.url).upload(name, ROWS).status_code == 200


@pytest.mark.parametrize("name", ["../../escaped.csv", "/escaped.csv", "..\\escaped.csv", "%2e%2e%2fescaped.csv"])
def test_the_name_of_an_upload_is_no_path(name: str, laptop: Target) -> None:
    reply = Outsider(laptop.url).upload(name, ROWS)
    escaped = [path for path in laptop.folder.rglob("*escaped.csv") if laptop.uploads not in path.parents]
    assert escaped == []
    if reply.status_code == 200:
        assert Path(reply.json()[0]).resolve().is_relative_to(laptop.folder)


def test_an_upload_that_breaks_off_leaves_nothing(laptop: Target) -> None:
    before = set(laptop.received())
    for _ in range(5):
        with socket.create_connection(_address(laptop)) as connection:
            part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
            connection.sendall(_head(laptop, "/gradio_api/upload", "multipart/form-data; boundary=b", 20 * MEGABYTE))
            connection.sendall(part + b"x" * 4 * MEGABYTE)
    wait_until(lambda: set(laptop.received()) <= before)


@pytest.mark.parametrize(
    "lie",
    [pytest.param(False, id="as it is", marks=pytest.mark.slow), pytest.param(True, id="with addresses made up")],
)  # whoever makes no address up is held as well by what holds the other
def test_a_shared_app_takes_so_many_files_of_one_address(lie: bool, space: Target) -> None:
    """A new browser, a new session or a made-up address before the proxy's own brings no more."""
    taken = 0
    for number in range(MOST_UPLOADS + 5):
        head = _from(7, f"198.51.100.{number}") if lie else {}
        reply = Outsider(space.url).upload("rows.csv", ROWS + b"%d" % number, headers=head)
        taken += reply.status_code == 200
        assert reply.status_code in (200, 413, 429, 507)
    assert taken == MOST_UPLOADS
    assert reply.headers["content-type"].startswith("text/plain")
    assert len(reply.text.split()) > 3
    assert "Traceback" not in reply.text


def test_a_shared_app_takes_so_many_files_in_one_request(space: Target) -> None:
    before = len(space.received())
    files = [("files", (f"{number}.csv", ROWS)) for number in range(MOST_UPLOADS + 5)]
    reply = Outsider(space.url).post("gradio_api/upload", files=files, headers=_from(8))
    assert reply.status_code in (413, 429, 507)
    wait_until(lambda: len(space.received()) <= before + MOST_UPLOADS)


def test_a_shared_app_takes_so_much_of_one_address(space: Target) -> None:
    size, codes, before = 19 * MEGABYTE, [], _size(space)
    for number in range(MOST_UPLOADED // size + 2):
        reply = Outsider(space.url).upload("rows.csv", b"%d" % number + b"x" * size, headers=_from(9))
        codes.append(reply.status_code)
    assert codes.count(200) == MOST_UPLOADED // size
    assert set(codes) <= {200, 413, 429, 507}
    assert _size(space) - before <= MOST_UPLOADED


def _from(visitor: int, *made_up: str) -> dict[str, str]:
    """The header of the proxy before a Space: the visitor's address, behind what the visitor's own header held."""
    return {"X-Forwarded-For": ", ".join([*made_up, f"203.0.113.{visitor}"])}


def _size(target: Target) -> int:
    return sum(path.stat().st_size for path in target.received())


@pytest.mark.slow  # unit/ui/guard/test_sessions.py holds that only the latest sessions are kept
def test_opening_the_page_for_ever_keeps_the_memory_flat(laptop: Target, surface: Surface) -> None:
    _open(laptop, surface, SETTLED_OPENS)
    settled = _resident_megabytes(laptop)
    for done in range(SETTLED_OPENS, OPENS, 250):
        _open(laptop, surface, 250)
        growth = _resident_megabytes(laptop) - settled
        assert growth < GROWTH_MEGABYTES, f"{growth:.0f} MB more after {done + 250 - SETTLED_OPENS} pages"


@pytest.mark.slow  # the test above holds the memory of pages; heartbeats come every 15 seconds
def test_a_page_that_was_closed_is_forgotten(laptop: Target, surface: Surface) -> None:
    """What its session held is made anew when the session's name comes again."""
    outsider, session, render = Outsider(laptop.url), secrets.token_hex(8), surface.named("render")
    with outsider.stream("GET", f"gradio_api/heartbeat/{session}") as alive:
        lines = alive.iter_lines()  # the connection is open as long as this is kept
        next(lines)
        first = run(outsider, render, render.data(), session_hash=session)
        again = render.data(render.inputs.index("textbox"), surface.shown(render, "answer-token", first.json()))
        assert _painted(run(outsider, render, again, session_hash=session)) < _painted(first) / 2
    _wait_for_heartbeats(outsider, 3)  # a render would tell the app that the page is back
    assert _painted(run(outsider, render, again, session_hash=session)) > _painted(first) / 2


def _wait_for_heartbeats(outsider: Outsider, times: int) -> None:
    """Wait as long as a page does that hears so many; there are some seconds between them."""
    with outsider.stream("GET", f"gradio_api/heartbeat/{secrets.token_hex(8)}") as alive:
        heard = (line for line in alive.iter_lines() if "ALIVE" in line)
        for _ in range(times):
            next(heard)


def _painted(reply: httpx.Response) -> int:
    """How many parts of the page an answer paints."""
    return sum(part != {"__type__": "update"} for part in reply.json()["data"])


def _open(target: Target, surface: Surface, times: int) -> None:
    enter, render = surface.named("enter"), surface.named("render")
    clients = [Outsider(target.url) for _ in range(4)]

    def opened(number: int) -> int:
        client, session = clients[number % 4], secrets.token_hex(8)
        entered = run(client, enter, [], session_hash=session).status_code
        return max(entered, run(client, render, render.data(), session_hash=session).status_code)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        codes = set(pool.map(opened, range(times)))
    assert codes <= {200, 429, 503}


def _resident_megabytes(target: Target) -> float:
    pages = int(Path(f"/proc/{target.app.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def _address(target: Target) -> tuple[str, int]:
    found = urlsplit(target.url)
    assert found.hostname
    assert found.port
    return found.hostname, found.port


def _head(target: Target, path: str, kind: str, length: int | None) -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    host = ":".join(map(str, _address(target)))
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n{size}\r\n\r\n".encode()


def _send(target: Target, path: str, kind: str, start: bytes, chunked: bool) -> int:
    """The status of a request whose body goes on beyond what is allowed, until it is answered; 0 without an answer."""
    with socket.create_connection(_address(target), timeout=60) as connection, contextlib.suppress(OSError):
        connection.sendall(_head(target, path, kind, None if chunked else TOO_MUCH))
        body = start + b"x" * MEGABYTE
        for _ in range(TOO_MUCH // MEGABYTE):
            piece = b"%x\r\n%b\r\n" % (len(body), body) if chunked else body[:MEGABYTE]
            with contextlib.suppress(OSError):
                connection.sendall(piece)
            body = b"x" * MEGABYTE
            if select.select([connection], [], [], 0)[0]:
                break
        else:
            connection.sendall(b"0\r\n\r\n" if chunked else b"")
        answer = connection.recv(MEGABYTE)
        return int(answer.split()[1]) if answer else 0
    return 0
