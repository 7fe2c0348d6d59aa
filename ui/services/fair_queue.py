"""Each owner's share of background work and of the memory for its results, and the order of the work."""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

MB = 1024 * 1024
OBJECTS_PER_BYTE = 5
"""Bytes of memory for each byte of a pickle; 4.7 were measured with the report of 20,000 rows."""
UNKNOWN_BYTES = MB
GROUPS = (" ",)
"""Prefixes of owners that stand for many people; no account's name begins with one."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes of memory for all results and for one owner's, and how many tasks an owner may have running.

    The machine's owner, whose name is empty, may use everything; a group of many people a multiple of a share.
    """

    bytes: int = 1024 * MB
    share: int = 192 * MB
    pending: int = 4
    recent_seconds: float = 15.0
    group: int = 4

    def share_of(self, owner: str) -> int:
        """The bytes that an owner's results may take."""
        return self.bytes if not owner else self.share * self._times(owner)

    def pending_of(self, owner: str) -> int:
        """The number of tasks that an owner may have running."""
        return 1_000 if not owner else self.pending * self._times(owner)

    def _times(self, owner: str) -> int:
        return self.group if owner.startswith(GROUPS) else 1


BUDGET = Budget()
Do = Callable[[], None]


class Turns:
    """A round-robin queue: owners take turns, and one owner always leaves a worker free for the others.

    The caller holds a lock.
    """

    def __init__(self, workers: int) -> None:
        self._at_once = max(1, workers - 1)
        self._waiting: OrderedDict[str, deque[Do]] = OrderedDict()
        self._running: Counter[str] = Counter()
        self._owed = 0

    def add(self, owner: str, do: Do) -> None:
        """Add work to the owner's queue."""
        self._waiting.setdefault(owner, deque()).append(do)

    def take(self) -> tuple[str, Do] | None:
        """The next owner and their work; None if every waiting owner already has work running."""
        owner = next((owner for owner in self._waiting if self._may(owner)), None)
        if owner is None:
            self._owed += 1
            return None
        line = self._waiting.pop(owner)
        do = line.popleft()
        if line:
            self._waiting[owner] = line  # at the end of the queue
        self._running[owner] += 1
        return owner, do

    def end(self, owner: str) -> bool:
        """The owner's work has ended; whether deferred work can start now."""
        self._running[owner] -= 1
        if not self._running[owner]:
            del self._running[owner]
        if not self._owed:
            return False
        self._owed -= 1
        return True

    def _may(self, owner: str) -> bool:
        return not owner or self._running[owner] < self._at_once


def memory_of(result: object) -> int:
    """The estimated memory of a result, in bytes."""
    counted = _Counted()
    try:
        pickle.Pickler(counted, protocol=5).dump(result)
    except Exception:  # noqa: BLE001 - what cannot be pickled still takes memory
        return UNKNOWN_BYTES
    return OBJECTS_PER_BYTE * counted.bytes


class _Counted:
    """A file that counts the bytes written to it and stores nothing."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.bytes += len(data)
        return len(data)
