"""The queue of the jobs on this machine: one runs at a time, in the order of submission, also after an app restart.

Every job holds the lock of its ticket, a file whose name is its number in the queue. The operating system releases the
lock when the job's supervisor dies, so a crash never blocks later jobs.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backend import locks
from backend.errors import InputError
from backend.files import disk_errors

SUFFIX = ".ticket"
NAME = re.compile(r"(\d{1,30})\.ticket")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the queue; it lasts until every copy of `descriptor` is closed."""

    path: Path
    descriptor: int

    def ahead(self) -> int:
        """The number of active jobs before this one."""
        own = _number(self.path)
        earlier = (path for path in _tickets(self.path.parent) if _number(path) < own)
        return sum(locks.is_held(path) for path in earlier)

    def leave(self) -> None:
        """Release the place; if the disk cannot be written, the file stays and no process holds it."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Close this process's copy; the place stays with a child that inherited it."""
        os.close(self.descriptor)


def enter(folder: Path) -> Ticket:
    """Take the last place in the queue in `folder`. Raises InputError if the folder cannot be written.

    Numbers go up by one, independent of the clock. Earlier versions numbered tickets by nanoseconds; counting continues
    from those.
    """
    with disk_errors(folder, "create"):
        folder.mkdir(parents=True, exist_ok=True)
    mutex = locks.wait_for(folder / "mutex")
    if mutex is None:
        raise InputError(f"The queue in {folder} has been busy for over ten seconds. Try again.")
    try:
        last = max(map(_number, _tickets(folder)), default=0)
        _sweep(folder)
        path = folder / f"{last + 1:020d}{SUFFIX}"
        descriptor = locks.take(path)
        if descriptor is None:
            raise InputError(f"The queue in {folder} could not give a place. Try again.")
        return Ticket(path, descriptor)
    finally:
        os.close(mutex)


def _tickets(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*" + SUFFIX) if NAME.fullmatch(path.name)]


def _number(path: Path) -> int:
    found = NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def _sweep(folder: Path) -> None:
    for path in _tickets(folder):
        if not locks.is_held(path):
            path.unlink(missing_ok=True)
