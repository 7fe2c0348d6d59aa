"""A large exported file is downloaded completely over a broken connection, with its hash, without the app's memory."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.runs import FolderStore, Run, RunConfig, write_json
from tests.browser.conftest import App
from tests.conftest import DataSet
from tests.documents import verification

SIZE = 300_000_000
FILE = "bikes_q8_ekv1024.litertlm"
PIECE = 1 << 20
MEMORY_SPARED = 100_000_000


@pytest.fixture(scope="module")
def exported(app: App, cycling: DataSet) -> Run:
    """A run with a sparse file of a 270M model's size, with some bytes in each third."""
    run = FolderStore(app.home).create(RunConfig(), cycling.dataset, cycling.tools, "Bikes")
    run.export_dir.mkdir()
    path = run.export_dir / FILE
    with path.open("wb") as file:
        for third in range(3):
            file.seek(third * SIZE // 3)
            file.write(os.urandom(PIECE))
        file.truncate(SIZE)
    record = verification(file=FILE, bytes=SIZE, sha256=sha256(path))
    write_json(run.export_dir / "verification.json", record)
    return run


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ask(app: App, run: Run, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """The app's answer; its body is not read yet."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=60)
    connection.request(method, f"/runs/{run.id}/{FILE}", headers={n.replace("_", "-"): v for n, v in headers.items()})
    return connection.getresponse()


def pieces(response: http.client.HTTPResponse, until: int | None = None) -> Iterator[bytes]:
    """The body in pieces, up to `until` bytes; then the connection is closed."""
    taken = 0
    while (until is None or taken < until) and (piece := response.read(PIECE)):
        taken += len(piece)
        yield piece
    response.close()


def memory(app: App) -> int:
    """The memory of the app's process, in bytes."""
    held: int = psutil.Process(app.pid).memory_info().rss
    return held


def test_a_broken_download_resumes_at_its_last_byte(app: App, exported: Run, tmp_path: Path) -> None:
    before, got = memory(app), tmp_path / FILE
    first = ask(app, exported)
    assert (first.status, first.getheader("accept-ranges")) == (200, "bytes")
    assert first.getheader("content-length") == str(SIZE)
    assert FILE in (first.getheader("content-disposition") or "")
    tag = first.getheader("etag")
    assert tag
    with got.open("wb") as file:
        for piece in pieces(first, until=SIZE // 4):
            file.write(piece)
    for upto in (SIZE // 2, None):
        start = got.stat().st_size
        rest = ask(app, exported, Range=f"bytes={start}-", If_Range=tag)
        assert (rest.status, rest.getheader("content-range")) == (206, f"bytes {start}-{SIZE - 1}/{SIZE}")
        with got.open("ab") as file:
            for piece in pieces(rest, until=upto - start if upto else None):
                file.write(piece)
    assert got.stat().st_size == SIZE
    assert sha256(got) == sha256(exported.export_dir / FILE)
    assert memory(app) - before < MEMORY_SPARED


def test_the_answer_carries_the_hash_and_the_verdict(app: App, exported: Run) -> None:
    for method, headers in (("HEAD", {}), ("GET", {"Range": "bytes=0-0"})):
        response = ask(app, exported, method, **headers)
        response.read()
        digest = base64.b64encode(bytes.fromhex(sha256(exported.export_dir / FILE))).decode()
        assert response.getheader("repr-digest") == f"sha-256=:{digest}:"
        assert response.getheader("x-verification") == "passed"


def test_a_new_export_is_not_appended_to_a_part_of_the_old_one(app: App, exported: Run) -> None:
    tag = ask(app, exported, "HEAD").getheader("etag")
    assert tag
    path = exported.export_dir / FILE
    os.utime(path, (1, 1))
    response = ask(app, exported, Range="bytes=1000-", If_Range=tag)
    assert (response.status, response.getheader("content-length")) == (200, str(SIZE))
    response.close()


def test_a_range_beyond_the_end_is_refused(app: App, exported: Run) -> None:
    assert ask(app, exported, Range=f"bytes={SIZE}-").status == 416
