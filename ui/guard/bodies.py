"""Reads a request's body, up to the allowed size."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive


class Body:
    """Passes a body on and counts its bytes.

    `too_large` is True as soon as more than `most` bytes were announced or received. The application then receives a
    disconnect, so that it stores nothing, and its answer is replaced.
    """

    def __init__(self, receive: Receive, headers: Headers, most: int) -> None:
        self._receive = receive
        self._most = most
        self._came = 0
        self._again: Message | None = None
        announced = headers.get("content-length", "0")
        self.announced = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        self.too_large = self.announced > most

    async def whole(self) -> bytes:
        """The whole body, which `receive` then returns once more; truncated if it is too large."""
        parts, more = [], True
        while more and not self.too_large:
            message = await self.receive()
            if message["type"] != "http.request":
                break
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        content = b"".join(parts)
        self._again = {"type": "http.request", "body": content, "more_body": False}
        return content

    async def receive(self) -> Message:
        """The next part of the body, or the server's message about the connection."""
        if self._again is not None:
            again, self._again = self._again, None
            return again
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        self._came += len(message.get("body", b""))
        if self._came <= self._most:
            return message
        self.too_large = True
        return {"type": "http.disconnect"}


_HALVES = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(value: Any) -> Any:
    """The value with a replacement character for every lone surrogate in its texts, at any depth."""
    if isinstance(value, str):
        return _HALVES.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value


MOST_STRUCTURE = 200_000
"""The most bytes of a body outside its strings. The page's largest body, 200 answers of a browser, has a tenth of it.
"""
TOO_COMPLEX = "The request's JSON has too many parts."
BAD_NAME = "The name of a session is 1 to 64 letters, digits, - or _."
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Named:
    """The sessions and queued calls that a request names; `fault` is the reason if the request is not valid."""

    names: tuple[str, ...] = ()
    fault: str | None = None


def named_in(body: bytes) -> Named:
    """The sessions and calls in a JSON body; none if the body is not JSON, which the application reports."""
    if len(body) > MOST_STRUCTURE and len(_TEXTS.sub(b"", body)) > MOST_STRUCTURE:
        return Named(fault=TOO_COMPLEX)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return Named()
    if not isinstance(found, dict):
        return Named()
    given = [found[key] for key in ("session_hash", "event_id") if found.get(key) is not None]
    return checked_names(given)


def checked_names(given: list[Any]) -> Named:
    """The names; with a fault if one of them is not valid."""
    if any(not isinstance(name, str) or not _NAME.fullmatch(name) for name in given):
        return Named(fault=BAD_NAME)
    return Named(tuple(given))
