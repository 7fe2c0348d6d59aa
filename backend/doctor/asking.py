"""What an answer of the Hub says of a check: a refusal is a failure, a fault or no answer could not be checked."""

from __future__ import annotations

from collections.abc import Callable

from backend.doctor.finding import Finding, failed, unknown
from backend.jobs.huggingface.errors import RAISED, is_refusal, status, told

BUSY = 429


def asked(title: str, act: Callable[[], Finding], then: str) -> Finding:
    """What `act` finds; `then` is the next step if the Hub refuses."""
    try:
        return act()
    except RAISED as error:
        if is_refusal(error) and status(error) != BUSY:
            return failed(title, _sentence(told(error)), then)
        return unknown(title, _sentence(told(error)), "Check again later.")


def _sentence(words: str) -> str:
    return words if words.startswith("http") else words[:1].upper() + words[1:]
