"""What an answer of the Hub says of a check: a refusal is a failure, a fault or no answer could not be checked."""

from __future__ import annotations

from collections.abc import Callable

from backend.doctor.finding import Finding, failed, unknown
from backend.hub import NO_TOKEN, is_xet_error
from backend.jobs.huggingface import RAISED, is_refusal, status, told
from backend.redact import redact

BUSY, SAID = 429, 200
OPEN_STORAGE = (
    "Open the network to the Hub's file storage, or set HF_HUB_DISABLE_XET=1 to send large files without it, then "
    "check again."
)


def asked(title: str, act: Callable[[], Finding], then: str) -> Finding:
    """What `act` finds; `then` is the next step if the Hub refuses."""
    try:
        return act()
    except RAISED as error:
        if is_refusal(error) and status(error) != BUSY:
            return failed(title, _sentence(told(error)), then)
        return unknown(title, _sentence(told(error)), "Check again later.")
    except UnicodeEncodeError:
        what, _, advice = NO_TOKEN.partition(". ")
        return failed(title, f"{_sentence(what)}.", advice)
    except OSError as error:
        if not is_xet_error(error):
            raise
        return unknown(title, storage_told(error), OPEN_STORAGE)


def storage_told(error: BaseException) -> str:
    """What hf_xet raised, in a sentence without its client's lines."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return redact(f"The Hub's file storage, which large files go through, could not be used ({said[:SAID]}).")


def _sentence(words: str) -> str:
    return words if words.startswith("http") else words[:1].upper() + words[1:]
