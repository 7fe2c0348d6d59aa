"""Turns the Hub's errors into findings: a refusal is a failure; after a fault or no answer the check is unknown."""

from __future__ import annotations

from collections.abc import Callable

from backend.doctor.finding import Finding, failed, unknown
from backend.hub import NO_TOKEN, is_xet_error
from backend.jobs.huggingface import RAISED, error_reason, is_refusal, status
from backend.redact import redact

TOO_MANY_REQUESTS, MAX_MESSAGE = 429, 200
OPEN_STORAGE = (
    "Open the network to the Hub's file storage, or set HF_HUB_DISABLE_XET=1 to send large files without it, then "
    "check again."
)


def hub_finding(title: str, act: Callable[[], Finding], then: str) -> Finding:
    """Returns the finding of `act`, or the finding for the Hub's error; `then` is the next step after a refusal."""
    try:
        return act()
    except RAISED as error:
        if is_refusal(error) and status(error) != TOO_MANY_REQUESTS:
            return failed(title, _sentence(error_reason(error)), then)
        return unknown(title, _sentence(error_reason(error)), "Check again later.")
    except UnicodeEncodeError:
        what, _, advice = NO_TOKEN.partition(". ")
        return failed(title, f"{_sentence(what)}.", advice)
    except OSError as error:
        if not is_xet_error(error):
            raise
        return unknown(title, storage_reason(error), OPEN_STORAGE)


def storage_reason(error: BaseException) -> str:
    """Returns an error of hf_xet as one sentence, with only the first line of its text."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return redact(f"The Hub's storage for large files could not be used ({first[:MAX_MESSAGE]}).")


def _sentence(words: str) -> str:
    return words if words.startswith("http") else words[:1].upper() + words[1:]
