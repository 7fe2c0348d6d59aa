"""Messages for the errors of jobs on Hugging Face, with the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
)

from backend.errors import InputError
from backend.hub import limit_waiting, seconds_to_wait, unreachable
from backend.redact import redact

RAISED = (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OfflineModeIsEnabled, httpx2.HTTPError)
"""The errors of the Hub's client on a request for a job; without a network it raises httpx2's errors."""


@contextmanager
def job_errors(doing: str) -> Iterator[None]:
    """Turn the client's errors into InputError; `doing` is the action, such as "start the job"."""
    limit_waiting()
    try:
        yield
    except RAISED as error:
        raise InputError(f"Could not {doing}: {error_reason(error)}") from error


def is_refusal(error: BaseException) -> bool:
    """Whether the Hub refused the request, so that it had no effect; after other errors it may have had one."""
    return isinstance(error, HfHubHTTPError) and 400 <= error.response.status_code < 500 and status(error) != 408


def status(error: BaseException) -> int | None:
    """The HTTP status of the Hub's answer, None if it gave no answer."""
    return error.response.status_code if isinstance(error, HfHubHTTPError) else None


def refuses_login(error: BaseException) -> bool:
    """Whether the Hub did not accept the login, or the login lacks the permission."""
    return status(error) in (401, 403)


def retry_after(error: BaseException) -> float | None:
    """The seconds that the Hub asks to wait, None if it gives none."""
    return seconds_to_wait(error) if isinstance(error, HfHubHTTPError) else None


def error_reason(error: BaseException) -> str:
    """The error's message, without tokens."""
    return redact(_reason(error))


def _reason(error: BaseException) -> str:
    match error:
        case GatedRepoError():
            return "a repository that it needs is gated. Accept its terms on its page, then try again."
        case HfHubHTTPError():
            return _status_reason(error)
        case LocalTokenNotFoundError():
            return "there is no token. Log in first."
    return unreachable(error) or str(error)


def _status_reason(error: HfHubHTTPError) -> str:
    message = f" Hugging Face says: {error.server_message.strip().rstrip('.')}." if error.server_message else ""
    match error.response.status_code:
        case 401:
            return (
                "the login was not accepted; it may have expired, or it lacks a permission (jobs or repositories). "
                "Log out, log in again and grant access to jobs and repositories, or use a token with write access to "
                f"both ({constants.ENDPOINT}/settings/tokens)."
            )
        case 402:
            return f"there is not enough credit.{message} Add credit at {constants.ENDPOINT}/settings/billing."
        case 403:
            return (
                f"the login does not permit it.{message} Log in again and grant access to jobs and repositories, or "
                f"use a token with write access to both ({constants.ENDPOINT}/settings/tokens)."
            )
        case 404:
            return f"it does not exist, or this login may not see it.{message}"
        case 429:
            wait = retry_after(error)
            when = f"in {wait:.0f} seconds" if wait is not None else "in a few minutes"
            return f"too many requests. Try again {when}."
        case code if code >= 500:
            return f"Hugging Face has a fault ({code}). Try again in a few minutes."
        case code:
            return f"Hugging Face answered {code}.{message}"
