"""Whose a page's session is: its name is chosen by the browser and stands in addresses, so it proves nothing."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from urllib.parse import parse_qs

MOST_KNOWN, MOST_MARKS = 10_000, 8
NOT_YOURS = "This session belongs to another browser. Reload the page."
_NAMED = re.compile(r"/gradio_api/(?:heartbeat/([^/]+)|call/(?:v2/)?[^/]+/([^/]+))")


class SessionOwners:
    """Which browser used a session, or asked for a queued call, first; nobody else may.

    A browser is known by its marks: its cookie, the token of its page, or both. A program has none; a session that it
    used is nobody's until a browser uses it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._lock = threading.Lock()

    def may_use(self, session: str, marks: frozenset[str]) -> bool:
        """Whether a sender with these marks may use the session, which becomes theirs if it is nobody's."""
        with self._lock:
            known = self._known.get(session, frozenset())
            if known and not known & marks:
                return False
            self._known[session] = frozenset(sorted(known | marks)[:MOST_MARKS]) if len(known) < MOST_MARKS else known
            self._known.move_to_end(session)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return True


def sessions_in(path: str, query: str) -> list[str]:
    """The sessions and queued calls that the address of a request names: all, as a parameter may stand there twice."""
    found = _NAMED.fullmatch(path)
    in_path = [found[1] or found[2]] if found else []
    return [*in_path, *parse_qs(query, keep_blank_values=True).get("session_hash", [])]
