"""When the login ends that a job was started with: the job saves with it, and a job that still waits may come too late.

Its record stands beside the stage's log in logs/STAGE.login: the attempt, a hash of the token, and, once the Hub was
asked, when it ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.files import read_json, write_json
from backend.jobs.huggingface.login import login_ends
from backend.runs.run import Run

LEAST_SECONDS = 30 * 60.0
ASK_AGAIN_SECONDS = 60.0


class JobLogin:
    """The login of one attempt; all is unknown where this machine did not start it.

    A newer login that follows the job changes nothing: the job keeps the one that it was started with.
    """

    def __init__(self, run: Run, stage: str, attempt: str, ask_again_seconds: float = ASK_AGAIN_SECONDS) -> None:
        self._path = login_path(run, stage)
        self._attempt = attempt
        self._record = _read(self._path, attempt)
        self._ask_again_seconds = ask_again_seconds
        self._ask_not_before = 0.0

    def ends(self, token: str) -> float | None:
        """The unix second in which it ends, None if that is unknown or it has no end.

        The Hub is asked once, and only with the login itself: a fault there is no error, and it is asked again later.
        """
        if "ends" not in self._record and self._record.get("login") == _digest(self._attempt, token):
            self._ask(token)
        ends = self._record.get("ends")
        return float(ends) if isinstance(ends, int | float) and not isinstance(ends, bool) else None

    @property
    def cancelled(self) -> bool:
        """Whether the job was cancelled here because of its login."""
        return self._record.get("cancelled") is True

    def note_cancelled(self) -> None:
        """Write down that the job was cancelled because of its login."""
        self._note({"cancelled": True})

    def _ask(self, token: str) -> None:
        if time.monotonic() < self._ask_not_before:
            return
        self._ask_not_before = time.monotonic() + self._ask_again_seconds
        with contextlib.suppress(InputError):
            self._note({"ends": login_ends(token)})

    def _note(self, facts: dict[str, Any]) -> None:
        self._record = {**self._record, **facts}
        with contextlib.suppress(InputError):  # a full disk costs another request later
            write_json(self._path, self._record)


def note_login(run: Run, stage: str, attempt: str, token: str) -> None:
    """Write down which login an attempt is started with, as a hash; InputError if it cannot be written."""
    write_json(login_path(run, stage), {"attempt": attempt, "login": _digest(attempt, token)})


def is_too_late(timeout_seconds: float, ends: float | None, now: float) -> bool:
    """Whether a job that still waits at `now` should be cancelled, as its login ends in too few seconds.

    A limit is about twice the expected time (quote), so the work does not fit in less than half of it, and 30 minutes
    are needed to install and to save; a job whose whole limit fits is never too late.
    """
    return ends is not None and ends - now < min(timeout_seconds, max(timeout_seconds / 2, LEAST_SECONDS))


def login_path(run: Run, stage: str) -> Path:
    """The file beside a log that says which login its job was started with."""
    return run.log_path(stage).with_suffix(".login")


def _read(path: Path, attempt: str) -> dict[str, Any]:
    """The record of this attempt, empty where there is none."""
    try:
        record = read_json(path)
    except InputError:
        return {}
    return record if record.get("attempt") == attempt else {}


def _digest(attempt: str, token: str) -> str:
    return hashlib.sha256(f"{attempt}\n{token}".encode()).hexdigest()
