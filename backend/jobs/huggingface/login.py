"""When a login ends, and how long a job may run with it: a job saves its results with the login that started it."""

from __future__ import annotations

from datetime import datetime

from huggingface_hub import HfApi

from backend.errors import InputError
from backend.jobs.huggingface.errors import job_errors
from backend.jobs.huggingface.preflight import Check
from backend.jobs.huggingface.quote import Quote

MARGIN_MINUTES = 30.0
"""What is kept free between a job's limit and the end of its login: waiting for a machine, and its start."""
LEAST_MINUTES = 1.0
NEW_LOGIN = "Log out, log in again, and check the price again."


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
