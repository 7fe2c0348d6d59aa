"""The state of open pages on the server: small, for a limited number of pages, and deleted after a page is closed."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from copy import copy
from typing import Any
from urllib.parse import parse_qs

from gradio.blocks import Blocks
from gradio.state_holder import SessionState, StateHolder

MOST_KNOWN, MOST_MARKS = 10_000, 8
NOT_YOURS = "This session belongs to another browser. Reload the page."
_NAMED = re.compile(r"/gradio_api/(?:heartbeat/([^/]+)|call/(?:v2/)?[^/]+/([^/]+))")


class SessionOwners:
    """The owners of sessions and queued calls: the browser that used one first, and no other.

    A browser is identified by its marks: its cookie, the token of its page, or both. A program has none, so a session
    that it used has no owner until a browser uses it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._lock = threading.Lock()

    def may_use(self, session: str, marks: frozenset[str]) -> bool:
        """Whether a sender with these marks may use the session; a session without an owner becomes the sender's."""
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
    """Every session and queued call in the address of a request, because a parameter can occur twice."""
    found = _NAMED.fullmatch(path)
    in_path = [found[1] or found[2]] if found else []
    return [*in_path, *parse_qs(query, keep_blank_values=True).get("session_hash", [])]


MOST_SESSIONS = 1_000
CLOSED_SECONDS = 15.0
"""The time after which a closed page's state is deleted; a phone that changes its network is back sooner."""


class LightState(SessionState):
    """A session's state without the copy of the page's configuration that Gradio stores for deep links.

    gradio 6.31 builds that copy for every session and updates it at every event. Deep links are not served here
    (ui/guard/routes.py).
    """

    def __init__(self, blocks: Blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.config_values = {}
        self.state_data = {}
        self._state_ttl = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = int(CLOSED_SECONDS)

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if block is not None and block.stateful:
            self.state_data[key] = value
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        """Do nothing, because no configuration is stored."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Do nothing, because no configuration is stored."""


class Sessions(StateHolder):
    """The sessions of the latest MOST_SESSIONS pages; a closed page's is deleted after `closed_seconds`."""

    def __init__(self, blocks: Blocks, closed_seconds: float = CLOSED_SECONDS) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # gradio's constructor has no types
        self._closed: dict[str, float] = {}
        self._closed_seconds = closed_seconds
        self._guard = threading.RLock()
        self.set_blocks(blocks)
        self.capacity = MOST_SESSIONS

    def __getitem__(self, session_id: str) -> SessionState:
        with self._guard:
            state = self.session_data.get(session_id)
            if state is None:
                state = self.session_data[session_id] = LightState(self.blocks)
            state.is_closed = False
            self._closed.pop(session_id, None)
            self.session_data.move_to_end(session_id)
            while len(self.session_data) > self.capacity:
                self._drop(next(iter(self.session_data)))
            return state

    def update(self, session_id: str) -> None:
        """Do nothing, because reading a session counts as a use of it."""

    def delete_all_expired_state(self) -> None:
        """Delete the sessions of closed pages after their time; Gradio calls this every second."""
        now = time.monotonic()
        with self._guard:
            for name, state in list(self.session_data.items()):
                if state.is_closed and now - self._closed.setdefault(name, now) > self._closed_seconds:
                    self._drop(name)

    def delete_state(self, session_id: str, expired_only: bool = False) -> None:
        """Delete one session."""
        with self._guard:
            if not expired_only:
                self._drop(session_id)

    def _drop(self, session_id: str) -> None:
        self.session_data.pop(session_id, None)
        self._closed.pop(session_id, None)
