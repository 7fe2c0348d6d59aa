"""The user names of tokens: requested from the Hub and cached for a bounded number of tokens."""

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
KNOWN_SECONDS = 600.0
REFUSED_SECONDS = 15.0
MOST_KNOWN = 1_000
Answer = tuple[float, str | None, str]


class Accounts:
    """The user names of tokens, by whoami; only the hashes of tokens are stored.

    A name is cached for ten minutes, so that a revoked token ends soon; a refusal is cached for 15 seconds.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def name(self, token: str) -> str:
        """The token's user name. Raises InputError if the Hub does not accept it or cannot be reached."""
        until, name, refusal = self._last(token)
        if time.monotonic() >= until:
            name, refusal = self._look_up(token)
        if name is None:
            raise InputError(refusal)
        return name

    def name_if_known(self, token: str) -> str | None:
        """The cached name, without waiting; if there is none, a thread requests it from the Hub."""
        until, name, _ = self._last(token)
        if time.monotonic() >= until and self._asking.acquire(blocking=False):
            threading.Thread(target=self._find_out, args=(token,), name="whoami", daemon=True).start()
        return name

    def _find_out(self, token: str) -> None:
        try:
            self._look_up(token)
        finally:
            self._asking.release()

    def _last(self, token: str) -> Answer:
        with self._lock:
            return self._known.get(_digest(token), (0.0, None, ""))

    def _look_up(self, token: str) -> tuple[str | None, str]:
        name, refusal = _ask(token)
        self._keep(_digest(token), name, refusal)
        return name, refusal

    def _keep(self, key: str, name: str | None, refusal: str) -> None:
        seconds = KNOWN_SECONDS if name else REFUSED_SECONDS
        with self._lock:
            self._known[key] = (time.monotonic() + seconds, name, refusal)
            self._known.move_to_end(key)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)


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
