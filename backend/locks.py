"""File locks that the operating system releases when the process ends, so that no lock remains after a crash."""

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
    """Takes the lock at `path` and returns its file descriptor, or None if another process holds the lock.

    The lock lasts until all copies of the descriptor are closed, including those of child processes. A missing folder
    is made, but not its parent. Raises InputError if the file cannot be opened, for example in a deleted run.
    """
    with disk_errors(path):
        path.parent.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    for _ in range(TRIES):  # is_held() of another process takes the lock for a moment
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
    """Whether a process holds the lock at `path`; a lock that cannot be opened counts as held."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:  # a read-only disk or too many open files does not release a job
        return error.errno not in NOT_THERE
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
