"""A chat server for each test that asks for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.unit.growing.chat_server import ChatServer


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    server = ChatServer()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
