"""Which sessions' presses are under way: what a look saw before one is old news after it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

MOST_SESSIONS = 1_000


class Presses:
    """Counts the presses of each session, of the latest MOST_SESSIONS."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str | None, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def under_way(self, session: str | None) -> Iterator[None]:
        """The time in which a press is carried out."""
        self._add(session, 1, 0)
        try:
            yield
        finally:
            self._add(session, 0, 1)

    def so_far(self, session: str | None) -> tuple[int, int]:
        """How many presses of a session began and how many ended."""
        with self._lock:
            return self._counts.get(session, (0, 0))

    def _add(self, session: str | None, began: int, ended: int) -> None:
        with self._lock:
            before = self._counts.get(session, (0, 0))
            self._counts[session] = (before[0] + began, before[1] + ended)
            self._counts.move_to_end(session)
            while len(self._counts) > MOST_SESSIONS:
                self._counts.popitem(last=False)
