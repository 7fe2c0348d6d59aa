"""Notes of the doctors at work on this machine: which of them live is told by the locks that they hold.

A note lies in the user's own part of the temporary folder, because the folder of the runs may be what cannot be
written. The operating system ends the lock with its process, however that ended. A note holds no token.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from backend import locks
from backend.errors import InputError
from backend.runs import own_temporary

WORD = re.compile(r"[0-9a-f]{8}-[0-9a-f]{6}")
"""Seconds since 1970 in hexadecimal, and something random."""
OLDEST_SECONDS = 2 * 3600.0
"""No doctor works longer: its waits and its jobs' time limits come to less than an hour (jobs.py)."""
NOTE_BYTES = 10_000


def new_word() -> str:
    """A word that no other doctor has."""
    return f"{int(time.time()):08x}-{secrets.token_hex(3)}"


def began(word: str) -> float:
    """When the doctor of that word began, in seconds since 1970."""
    return float(int(word.partition("-")[0], 16))


def take(word: str, account: str, endpoint: str) -> int | None:
    """Write the note of a doctor that begins; the lock's descriptor, None if no note can be kept here."""
    try:
        lock = locks.take(_note(word))
        if lock is not None:
            os.write(lock, json.dumps({"account": account, "endpoint": endpoint}).encode())
        return lock
    except (InputError, OSError):  # its age tells later, as on another machine
        return None


def drop(word: str) -> None:
    """Remove the note of a doctor that left nothing."""
    with suppress(OSError):
        _note(word).unlink(missing_ok=True)


def is_held(word: str) -> bool:
    """Whether the doctor of that word is alive on this machine."""
    return locks.is_held(_note(word))


def dead(account: str, endpoint: str) -> set[str]:
    """The words of the doctors that worked here for this account and are dead."""
    found = set()
    for note in sorted(_folder().glob("doctor-*.json")):
        word = note.stem.removeprefix("doctor-")
        if (
            WORD.fullmatch(word)
            and not locks.is_held(note)
            and _read(note) == {"account": account, "endpoint": endpoint}
        ):
            found.add(word)
    return found


def _note(word: str) -> Path:
    return _folder() / f"doctor-{word}.json"


def _folder() -> Path:
    return own_temporary() or Path(tempfile.gettempdir())


def _read(note: Path) -> object:
    try:
        with note.open("rb") as file:
            return json.loads(file.read(NOTE_BYTES))
    except (OSError, ValueError):
        return None
