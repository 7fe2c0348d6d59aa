"""The user names of tokens, requested from the Hub and cached for a limited number of tokens."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict

from huggingface_hub import HfApi

from backend.errors import InputError
from backend.hub.errors import hub_errors

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,94}[A-Za-z0-9])?")
CACHED_SECONDS = 600.0
REFUSED_SECONDS = 15.0
MAX_CACHED = 1_000
Answer = tuple[float, str | None, str]


class Accounts:
    """The user names of tokens, by whoami; only the hashes of tokens are stored.

    A name is cached for ten minutes, so that a revoked token ends soon; a refusal is cached for 15 seconds.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()
        self._requesting = threading.Lock()

    def name(self, token: str) -> str:
        """The token's user name. Raises InputError if the Hub does not accept it or cannot be reached."""
        until, name, refusal = self._cached(token)
        if time.monotonic() >= until:
            name, refusal = self._request(token)
        if name is None:
            raise InputError(refusal)
        return name

    def name_if_known(self, token: str) -> str | None:
        """The cached name, without waiting; if there is none, a thread requests it from the Hub."""
        until, name, _ = self._cached(token)
        if time.monotonic() >= until and self._requesting.acquire(blocking=False):
            threading.Thread(target=self._request_in_thread, args=(token,), name="whoami", daemon=True).start()
        return name

    def _request_in_thread(self, token: str) -> None:
        try:
            self._request(token)
        finally:
            self._requesting.release()

    def _cached(self, token: str) -> Answer:
        with self._lock:
            return self._answers.get(_digest(token), (0.0, None, ""))

    def _request(self, token: str) -> tuple[str | None, str]:
        name, refusal = _ask(token)
        self._store(_digest(token), name, refusal)
        return name, refusal

    def _store(self, key: str, name: str | None, refusal: str) -> None:
        seconds = CACHED_SECONDS if name else REFUSED_SECONDS
        with self._lock:
            self._answers[key] = (time.monotonic() + seconds, name, refusal)
            self._answers.move_to_end(key)
            while len(self._answers) > MAX_CACHED:
                self._answers.popitem(last=False)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _ask(token: str) -> tuple[str | None, str]:
    """The name, or None and the reason; for an empty token the client would use its own, so no request is made."""
    if not token:
        return None, "The login has no token. Log in again."
    try:
        with hub_errors("the account", "read"):
            found = HfApi(token=token).whoami()
    except InputError as error:
        return None, str(error)
    name = found.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return None, "The Hub returned an invalid user name. Log in again."
    return name, ""
