"""A queue of one: jobs on this machine take turns in the order they came, also across restarts of the app.

Every job holds the lock of its ticket, a file whose name is its place in the line; the operating system lets go of it
when the job's supervisor dies, so a crash never blocks those behind.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError
from backend.runs import locks

SUFFIX = ".ticket"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the line; it lasts until every copy of `descriptor` is closed."""

    path: Path
    descriptor: int

    def ahead(self) -> int:
        """How many living jobs stand before this one."""
        earlier = (path for path in self.path.parent.glob("*" + SUFFIX) if path.name < self.path.name)
        return sum(locks.is_held(path) for path in earlier)

    def leave(self) -> None:
        """Give the place up."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Close this process's copy; the place stays with a child that inherited it."""
        os.close(self.descriptor)


def enter(folder: Path) -> Ticket:
    """Take the last place in the line kept in `folder`; InputError where the folder cannot be written."""
    mutex = locks.take(folder / "mutex")
    for _ in range(50):
        if mutex is not None:
            break
        time.sleep(0.1)
        mutex = locks.take(folder / "mutex")
    if mutex is None:
        raise InputError(f"The queue in {folder} has been busy for over ten seconds. Try again.")
    try:
        _sweep(folder)
        path = folder / f"{time.time_ns():020d}{SUFFIX}"
        descriptor = locks.take(path)
        if descriptor is None:
            raise InputError(f"The queue in {folder} could not give a place. Try again.")
        return Ticket(path, descriptor)
    finally:
        os.close(mutex)


def _sweep(folder: Path) -> None:
    for path in folder.glob("*" + SUFFIX):
        if not locks.is_held(path):
            path.unlink(missing_ok=True)
