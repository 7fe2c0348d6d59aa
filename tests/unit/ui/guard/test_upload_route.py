"""Uploads behind the gate, before an application that stores them, or cannot."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.guard import Addresses, Browsers, Frames, Gate, Guard, Limits, Uploads

OWN = "http://127.0.0.1:7860"
UPLOAD = "/gradio_api/upload"


def client_of(app: ASGIApp, uploads: Uploads, *, shared: bool = False) -> TestClient:
    guard = Guard(Browsers(framed=shared), uploads)
    return TestClient(Gate(app, Addresses("127.0.0.1"), guard, Frames(), shared=shared), base_url=OWN)


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EDQUOT, "disk is full"), (errno.EROFS, "Read-only")]
)
def test_a_full_or_read_only_disk_is_reported_as_a_sentence(tmp_path: Path, number: int, said: str) -> None:
    async def refuses(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise OSError(number, os.strerror(number))

    reply = client_of(refuses, Uploads(tmp_path, Limits())).post(UPLOAD, files={"files": ("a.csv", b"x")})
    assert reply.status_code == 507
    assert said in reply.text


def test_an_unreadable_form_is_reported_and_its_files_are_deleted(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits())

    async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
        (uploads.folder / "tmp1").write_bytes(b"half")
        raise KeyError("name")

    reply = client_of(breaks, uploads).post(UPLOAD, files={"files": ("a.csv", b"x")})
    assert (reply.status_code, "could not be read" in reply.text) == (400, True)
    assert not (uploads.folder / "tmp1").exists()


def test_an_upload_is_served_only_to_its_browser(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits())

    async def stores(scope: Scope, receive: Receive, send: Send) -> None:
        path = uploads.folder / "abc" / "a.csv"
        if scope["path"] == UPLOAD:
            await Request(scope, receive).body()
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"rows")
        await JSONResponse([str(path)])(scope, receive, send)

    client = client_of(stores, uploads)
    ada, eve = ({"Cookie": f"fgt-browser={letter * 32}"} for letter in "ae")
    (path,) = client.post(UPLOAD, files={"files": ("a.csv", b"rows")}, headers=ada).json()
    assert client.get(f"/gradio_api/file={path}", headers=ada).status_code == 200
    for other in (eve, {}):
        assert client.get(f"/gradio_api/file={path}", headers=other).status_code == 404
    assert client.get("/gradio_api/file=/etc/passwd", headers=ada).status_code == 404
    assert client.get("/gradio_api/file=http://127.0.0.1/x", headers=ada).status_code == 404


def test_the_limits_of_an_address_are_reported_as_a_sentence(tmp_path: Path) -> None:
    async def stores(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse([str(tmp_path / "a.csv")])(scope, receive, send)

    client = client_of(stores, Uploads(tmp_path, Limits(files=1)), shared=True)
    codes = [client.post(UPLOAD, files={"files": ("a.csv", b"x")}).status_code for _ in range(2)]
    assert codes == [200, 429]
