"""Logins that were ended before their time: a session's cookie holds its token and would be good until it expires."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

from backend.errors import InputError
from backend.runs import read_json, write_json

KEPT_SECONDS = 31 * 86_400.0
"""The longest that a login on the Hub lasts, 43,200 minutes, and a day."""


class EndedLogins:
    """The hashes of tokens that nobody may use here any more, kept in a file so that a restart changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._until = _read(path)

    def add(self, token: str) -> None:
        """End a login; where the file cannot be written, it has ended until the app does."""
        now = time.time()
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[_digest(token)] = now + KEPT_SECONDS
            try:
                write_json(self._path, self._until)
            except InputError:  # a full disk must not keep anybody logged in
                return

    def __contains__(self, token: str) -> bool:
        return _digest(token) in self._until


def _read(path: Path) -> dict[str, float]:
    try:
        found = read_json(path)
    except InputError:  # there is none yet, or it was damaged
        return {}
    return {key: float(until) for key, until in found.items() if isinstance(until, int | float)}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
