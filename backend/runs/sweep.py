"""Removes what killed processes left: incomplete folders, deleted runs, temporary files and folders."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from backend.files import DROPPED_ENDING
from backend.locks import is_held
from backend.runs.folders import TRASH, discard, hold, own_temporary

BUILDING = re.compile(r"\.(?:\d{8}-\d{6}-[0-9a-f]{4}|[0-9a-f]{24})\.[a-z0-9_]{8}")
"""The names of folders in which a new run or an upload is built."""
IN_RUN = re.compile(r"\.(?:keeping-|export-|results\.|checkpoint\.)[a-z0-9_]{8}|\.checkpoint")
REMOVED = re.compile(rf"{re.escape(TRASH)}[0-9a-f]{{12}}")
TEMPORARY = re.compile(rf"\..+\.[0-9a-f]{{8}}{re.escape(DROPPED_ENDING)}|\..+\.litertlm\.part")
ACCOUNTS, VISITORS, UPLOADS, FORGOTTEN = ".accounts", ".visitors", ".uploads", ".forgotten"


def sweep(root: Path) -> None:
    """Removes what killed processes left in the folder of all runs and in this user's temporary folders.

    The lock of a running process or job protects its files. The app calls this when it starts. What cannot be removed
    is left for the next start. Links are never followed.
    """
    for store in (root, root / VISITORS, *_folders(root / ACCOUNTS)):
        for folder in _folders(store):
            if not folder.name.startswith("."):
                _sweep_run(folder)
        for place in (store, store / FORGOTTEN, store / UPLOADS, *_folders(store / UPLOADS)):
            _sweep_names(place, BUILDING)
    temporary = own_temporary()
    for folder in _folders(temporary) if temporary else ():
        _discard_if_dead(folder)


def _sweep_run(run: Path) -> None:
    """Removes what jobs left in a run, unless one of its jobs is active."""
    if any(is_held(lock) for lock in run.glob("stages/*.lock")):
        return
    _sweep_names(run, IN_RUN)
    for folder in _folders(run):
        if not folder.name.startswith("."):
            _sweep_names(folder, IN_RUN)


def _sweep_names(folder: Path, folders: re.Pattern[str]) -> None:
    """Removes unlocked folders whose names match `folders`, deleted folders, and unlocked temporary files."""
    for path in _entries(folder):
        if REMOVED.fullmatch(path.name) or folders.fullmatch(path.name):
            _discard_if_dead(path)
        elif TEMPORARY.fullmatch(path.name):
            _unlink_if_dead(path)


def _discard_if_dead(path: Path) -> None:
    if path.is_symlink():
        if REMOVED.fullmatch(path.name):
            discard(path)
        return
    try:
        descriptor = hold(path)
    except OSError:  # the file system has no locks, so its owner may still run
        return
    if descriptor is not None:
        discard(path)
        os.close(descriptor)


def _unlink_if_dead(path: Path) -> None:
    """Removes a temporary file, unless its writer holds its lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except OSError:  # its writer still runs, or the folder cannot be written
        return
    finally:
        os.close(descriptor)


def _folders(folder: Path) -> Iterator[Path]:
    return (path for path in _entries(folder) if path.is_dir() and not path.is_symlink())


def _entries(folder: Path) -> list[Path]:
    if folder.is_symlink():
        return []
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
