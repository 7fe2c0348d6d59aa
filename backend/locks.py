"""File locks that the operating system releases when their holder ends, so that no lock remains after a crash."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

from backend.files import disk_errors

NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
TRIES = 20
PAUSE_SECONDS = 0.01


def take(path: Path) -> int | None:
    """Take the lock at `path` and return its file descriptor, or None where another holds it.

    The lock lasts until every copy of the descriptor is closed; a child process that inherits it holds it on. Its
    folder is made if need be, not the one around that: the lock of a deleted run raises InputError.
    """
    with disk_errors(path):
        path.parent.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    for _ in range(TRIES):  # is_held() of another process may stand in the way for a moment
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            time.sleep(PAUSE_SECONDS)
    os.close(descriptor)
    return None


def wait_for(path: Path, seconds: float = 10.0) -> int | None:
    """Does the same as `take`, but waits up to `seconds` for another holder to release the lock."""
    deadline = time.monotonic() + seconds
    while (descriptor := take(path)) is None and time.monotonic() < deadline:
        continue
    return descriptor


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock at `path`; a lock that cannot be looked at counts as held."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:  # a disk that became read-only, or too many open files, sets no job free
        return error.errno not in NOT_THERE
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
