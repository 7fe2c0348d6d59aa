"""Notes of the doctors on this machine; a doctor holds the lock of its note while it runs.

A note is in the user's own part of the temporary folder, because the folder of the runs may not be writable. The
operating system releases the lock when the process ends. A note contains no token.
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
"""Seconds since 1970 in hexadecimal, and a random number."""
OLDEST_SECONDS = 2 * 3600.0
"""The upper limit of a doctor's time: its waits and its jobs' time limits are together under an hour (jobs.py)."""
NOTE_BYTES = 10_000


def new_word() -> str:
    """Returns a word that no other doctor has."""
    return f"{int(time.time()):08x}-{secrets.token_hex(3)}"


def started_at(word: str) -> float:
    """Returns the start of the doctor with that word, in seconds since 1970."""
    return float(int(word.partition("-")[0], 16))


def write_note(word: str, account: str, endpoint: str) -> int | None:
    """Writes the note of a new doctor; returns the lock's descriptor, None if no note can be written."""
    try:
        lock = locks.take(_note(word))
        if lock is not None:
            os.write(lock, json.dumps({"account": account, "endpoint": endpoint}).encode())
        return lock
    except (InputError, OSError):  # later, the age of the word decides
        return None


def remove_note(word: str) -> None:
    """Removes the note of a doctor whose objects are all removed."""
    with suppress(OSError):
        _note(word).unlink(missing_ok=True)


def is_held(word: str) -> bool:
    """Whether the doctor with that word runs on this machine."""
    return locks.is_held(_note(word))


def dead(account: str, endpoint: str) -> set[str]:
    """Returns the words of the ended doctors on this machine for this account."""
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
