"""Limits on the size of a folder and on what each visitor may add to it in a day."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError
from backend.files import read_bytes, write_text

DAY_SECONDS = 86_400.0
MEASURED_SECONDS = 600.0
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most bytes in a folder, and the most bytes that one owner may add in a day; None is no limit."""

    total: int | None = None
    daily: int | None = None


NO_LIMIT = Allowance()


class Quota:
    """Counts the bytes added to a folder; the folder itself is measured again every ten minutes."""

    def __init__(self, folder: Path, allowance: Allowance) -> None:
        self._folder = folder
        self._allowance = allowance
        self._added: dict[str, deque[tuple[float, int]]] = defaultdict(deque)
        self._held = 0
        self._measured = float("-inf")
        self._lock = threading.Lock()

    def take(self, size: int, owner: str) -> None:
        """Count `size` more bytes for an owner. Raises InputError if they may not be added."""
        total, daily = self._allowance.total, self._allowance.daily
        now = time.monotonic()
        with self._lock:
            if total is not None and self._size(now) + size > total:
                raise InputError(
                    "The storage for data on this server is full. Try again tomorrow, or run the app yourself."
                )
            if daily is not None and self._of(owner, now) + size > daily:
                most = f"{daily // MEGABYTE:,} MB"
                raise InputError(f"This upload exceeds your limit of {most} per day. Try again tomorrow.")
            self._held += size
            if daily is not None:
                self._added[owner].append((now, size))

    def _size(self, now: float) -> int:
        if now - self._measured > MEASURED_SECONDS:
            self._measured, self._held = now, folder_bytes(self._folder)
        return self._held

    def _of(self, owner: str, now: float) -> int:
        """The bytes that the owner added in the last day; owners who added none are forgotten."""
        for known, added in list(self._added.items()):
            while added and now - added[0][0] > DAY_SECONDS:
                added.popleft()
            if not added:
                del self._added[known]
        return sum(size for _, size in self._added.get(owner, ()))


def folder_bytes(folder: Path) -> int:
    """The size of all files in a folder; files that are deleted meanwhile do not count."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total


class UseDays:
    """Counts the days on which a folder was used: a wrong clock adds at most one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count = 0

    def today(self) -> int:
        """The number of days so far, including today. Raises InputError if the file cannot be written."""
        date = time.strftime("%Y-%m-%d", time.gmtime())
        try:
            counted, last = read_bytes(self._path, 100).decode().split()
            self.count = int(counted)
        except (InputError, ValueError):  # no file yet, or a damaged one
            last = ""
        if last != date and self._path.parent.is_dir():
            self.count += 1
            write_text(self._path, f"{self.count} {date}")
        return self.count
