"""Limits a job to the time that its login is valid, because a job saves its results with the login that started it.

Contains the messages for a job whose login the Hub refuses.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi

from backend.errors import InputError
from backend.files import read_json, write_json
from backend.jobs.huggingface.errors import job_errors
from backend.jobs.huggingface.preflight import Check
from backend.jobs.huggingface.quote import Quote
from backend.runs import Run

MARGIN_MINUTES = 30.0
"""Time reserved between a job's limit and the end of its login, for the queue and the start of the machine."""
LEAST_MINUTES = 1.0
NEW_LOGIN = "Log out, log in again, and check the price again."
REFUSED = "Hugging Face no longer accepts the login, or this app lacks the permission for jobs."
REFUSED_RUNNING = (
    f"{REFUSED} A job that was started with this login ends the next time it saves its results. Results that it saved "
    "before stay. Log in again to follow the job. After it has ended, start it again or resume it."
)
REFUSED_QUEUED = (
    f"{REFUSED} The job was waiting for a machine. A job that was started with this login cannot save its results. "
    "Log in again. If the job is still waiting then, cancel it and start it again."
)
REFUSED_SEARCHING = (
    f"{REFUSED} It is not known yet whether the job was started, so do not start it a second time. Log in again: the "
    "app then searches for the job again."
)


def login_ends(token: str) -> float | None:
    """Returns the unix time at which the token ends, None if the Hub gives none. Raises InputError if the Hub fails."""
    with job_errors("check your account"):
        auth = HfApi(token=token).whoami().get("auth")
    expires_at = auth.get("expiresAt") if isinstance(auth, dict) else None
    try:
        return datetime.fromisoformat(expires_at).timestamp() if isinstance(expires_at, str) else None
    except ValueError:
        return None


def within_login(price: Quote, ends: float | None, now: float) -> tuple[Quote, list[Check]]:
    """Returns the quote with its limit shortened to the rest of the login, and a check that reports the change.

    `ends` and `now` are unix seconds; `ends` is None for a login without an end. Raises InputError if the job needs
    more time.
    """
    if ends is None or fits(price.timeout_seconds, ends, now):
        return price, []
    left = (ends - now) / 60
    usable, requested = left - MARGIN_MINUTES, price.timeout_seconds / 60
    needed = max(min(price.minutes, requested), LEAST_MINUTES)
    if usable < needed:
        raise InputError(
            f"Your login ends in {max(left, 0):.0f} minutes, and a job cannot save its results after that. It needs "
            f"about {needed:.0f} minutes, plus up to {MARGIN_MINUTES:.0f} minutes before it starts. {NEW_LOGIN}"
        )
    message = (
        f"The job's limit is {usable:.0f} minutes instead of {requested:.0f}, because your login ends in {left:.0f} "
        f"minutes and the job saves with it. For a longer limit, log out, log in again, and check the price again."
    )
    return price.limited(usable), [Check("login", None, message)]


def fits(timeout_seconds: float, ends: float | None, now: float) -> bool:
    """Whether a job that starts at `now` with this limit ends before its login; all values are in seconds."""
    return ends is None or now + timeout_seconds + 60 * MARGIN_MINUTES <= ends


LEAST_SECONDS = 30 * 60.0
ASK_AGAIN_SECONDS = 60.0


class JobLogin:
    """The login of one attempt. Nothing is known about it if another machine started the job.

    The job always uses the login that it was started with, also if a newer login follows it.
    """

    def __init__(self, run: Run, stage: str, attempt: str, ask_again_seconds: float = ASK_AGAIN_SECONDS) -> None:
        self._path = login_path(run, stage)
        self._attempt = attempt
        self._record = _read(self._path, attempt)
        self._ask_again_seconds = ask_again_seconds
        self._ask_not_before = 0.0

    def ends(self, token: str) -> float | None:
        """Returns the unix time at which the login ends, None if that is unknown or it has no end.

        The time is requested from the Hub once, and only with the login itself. After an error of the Hub it is
        requested again later.
        """
        if "ends" not in self._record and self._record.get("login") == _digest(self._attempt, token):
            self._ask(token)
        ends = self._record.get("ends")
        return float(ends) if isinstance(ends, int | float) and not isinstance(ends, bool) else None

    @property
    def cancelled(self) -> bool:
        """Whether this app cancelled the job because of its login."""
        return self._record.get("cancelled") is True

    def note_cancelled(self) -> None:
        """Records that the job was cancelled because of its login."""
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
    """Records the login that starts an attempt, as a hash. Raises InputError if it cannot be written."""
    write_json(login_path(run, stage), {"attempt": attempt, "login": _digest(attempt, token)})


def is_too_late(timeout_seconds: float, ends: float | None, now: float) -> bool:
    """Whether a job that still waits at `now` should be cancelled because its login ends too soon.

    The login must last for half of the job's limit, and for at least 30 minutes to install and to save. A limit is
    about twice the expected time (quote.py). A job whose whole limit fits is never too late.
    """
    return ends is not None and ends - now < min(timeout_seconds, max(timeout_seconds / 2, LEAST_SECONDS))


def login_path(run: Run, stage: str) -> Path:
    """Returns the path of the file, next to a log, that records the login of its job."""
    return run.log_path(stage).with_suffix(".login")


def _read(path: Path, attempt: str) -> dict[str, Any]:
    """Returns the record of this attempt, empty if there is none."""
    try:
        record = read_json(path)
    except InputError:
        return {}
    return record if record.get("attempt") == attempt else {}


def _digest(attempt: str, token: str) -> str:
    return hashlib.sha256(f"{attempt}\n{token}".encode()).hexdigest()
