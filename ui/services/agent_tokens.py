"""The token that an agent sends, and a limit on tokens that the Hub refused."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict, deque

from starlette.datastructures import Headers

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_.~+/=-]{8,8000})")
MOST_REFUSED, REFUSED_SECONDS = 20, 3600.0
"""Refused tokens of one address in an hour; each unknown token costs a request to the Hub."""
MOST_ADDRESSES = 10_000
TOO_MANY = "Too many tokens from your address were refused. Try again in an hour."


def bearer_token(headers: Headers) -> str | None:
    """The token in the Authorization header; None if there is none."""
    found = _BEARER.fullmatch(headers.get("authorization", "").strip())
    return found[1] if found else None


class RefusedTokens:
    """Counts the refused tokens of each address."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, address: str) -> None:
        """Record a refused token."""
        with self._lock:
            times = self._times.setdefault(address, deque(maxlen=MOST_REFUSED))
            times.append(time.monotonic())
            self._times.move_to_end(address)
            while len(self._times) > MOST_ADDRESSES:
                self._times.popitem(last=False)

    def too_many(self, address: str) -> bool:
        """Whether the address has reached the limit."""
        with self._lock:
            times = self._times.get(address, deque())
            return len(times) == MOST_REFUSED and time.monotonic() - times[0] < REFUSED_SECONDS
