"""Which sessions' presses are under way: what a look saw before one is old news after it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MOST_SESSIONS = 1_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many presses of a session began and ended, and how many looks in a row found its page behind them."""

    began: int = 0
    ended: int = 0
    late: int = 0

    @property
    def quiet(self) -> bool:
        """Whether no press is under way; the beginning of one that ended may be forgotten."""
        return self.began <= self.ended


class Presses:
    """Counts the presses of each session, of the latest MOST_SESSIONS."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str | None, Count] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def under_way(self, session: str | None) -> Iterator[int]:
        """The time in which a press is carried out, and the press's number."""
        number = self._add(session, began=1).began
        try:
            yield number
        finally:
            self._add(session, ended=1)

    def so_far(self, session: str | None) -> Count:
        """The count of a session."""
        with self._lock:
            return self._counts.get(session, Count())

    def late(self, session: str | None) -> int:
        """Count a look that found the page behind, and say how many there were in a row."""
        return self._add(session, late=1).late

    def in_time(self, session: str | None) -> None:
        """Forget the looks that found the page behind."""
        if late := self.so_far(session).late:
            self._add(session, late=-late)

    def _add(self, session: str | None, began: int = 0, ended: int = 0, late: int = 0) -> Count:
        with self._lock:
            before = self._counts.get(session, Count())
            count = Count(before.began + began, before.ended + ended, before.late + late)
            self._counts[session] = count
            self._counts.move_to_end(session)
            while len(self._counts) > MOST_SESSIONS:
                self._counts.popitem(last=False)
            return count
