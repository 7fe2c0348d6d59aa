"""When a login ends, and how long a job may run with it: a job saves its results with the login that started it.

And what is said of a job whose login the Hub refuses.
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
"""What is kept free between a job's limit and the end of its login: waiting for a machine, and its start."""
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
REFUSED_LOOKING = (
    f"{REFUSED} It is not known yet whether the job was started, so do not start it a second time. Log in again: the "
    "app then searches for the job again."
)


def login_ends(token: str) -> float | None:
    """The unix second in which the Hub says that the token ends, None if it says nothing; InputError."""
    with job_errors("check your account"):
        auth = HfApi(token=token).whoami().get("auth")
    told = auth.get("expiresAt") if isinstance(auth, dict) else None
    try:
        return datetime.fromisoformat(told).timestamp() if isinstance(told, str) else None
    except ValueError:
        return None


def within_login(price: Quote, ends: float | None, now: float) -> tuple[Quote, list[Check]]:
    """The quote with its limit inside of what is left of the login, and a check that says what was shortened.

    `ends` and `now` are unix seconds, `ends` None for a login without an end. InputError if the work needs longer.
    """
    if ends is None or fits(price.timeout_seconds, ends, now):
        return price, []
    left = (ends - now) / 60
    usable, asked = left - MARGIN_MINUTES, price.timeout_seconds / 60
    needed = max(min(price.minutes, asked), LEAST_MINUTES)
    if usable < needed:
        raise InputError(
            f"Your login ends in {max(left, 0):.0f} minutes, and a job cannot save its results after that. It needs "
            f"about {needed:.0f} minutes, and up to {MARGIN_MINUTES:.0f} minutes before it starts. {NEW_LOGIN}"
        )
    message = (
        f"The job's limit is {usable:.0f} minutes instead of {asked:.0f}, because your login ends in {left:.0f} "
        f"minutes and the job saves with it. For a longer limit: log out, log in again, and check the price again."
    )
    return price.limited(usable), [Check("login", None, message)]


def fits(timeout_seconds: float, ends: float | None, now: float) -> bool:
    """Whether a job with this limit that is started at `now` ends before its login does, all in seconds."""
    return ends is None or now + timeout_seconds + 60 * MARGIN_MINUTES <= ends


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
