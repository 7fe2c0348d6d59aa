"""Ports for servers that tests start as processes."""

from __future__ import annotations

import socket


def reserved_port() -> socket.socket:
    """A socket that keeps a free port of 127.0.0.1: nobody else is given it, connections are refused, and a server
    that sets SO_REUSEADDR can listen there."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    return kept


def number_of(kept: socket.socket) -> int:
    """The port's number."""
    port: int = kept.getsockname()[1]
    return port
