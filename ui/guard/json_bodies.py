"""The JSON in a request's body, looked at before it is read: what is made of it can take a hundred times its size."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

MOST_STRUCTURE = 200_000
"""Bytes of a body outside its texts: the page's largest, 200 answers of a browser, has a tenth of it."""
TOO_COMPLEX = "The request's JSON has too many parts."
BAD_NAME = "The name of a session is 1 to 64 letters, digits, - or _."
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Named:
    """The sessions and queued calls that a request names, and what is wrong with it, if anything."""

    names: tuple[str, ...] = ()
    fault: str | None = None


def named_in(body: bytes) -> Named:
    """What a JSON body names; a body that is no JSON names nothing, and the application says so."""
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
    """The names, or the fault of the first that is none."""
    if any(not isinstance(name, str) or not _NAME.fullmatch(name) for name in given):
        return Named(fault=BAD_NAME)
    return Named(tuple(given))
