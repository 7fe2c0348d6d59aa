"""Reads what a chat server sends: bytes within limits, events, texts, counts of tokens and errors."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of one answer with the frame of its events, a few hundred for each token."""
DONE = "[DONE]"
"""The end of a stream."""
ANSWER_SECONDS = 1800.0
"""The longest time of one answer."""


class Cancelled(Exception):
    """The user has stopped the work."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote. `tokens` are those of prompt and answer, by the server's count.

    `cut` says whether the text ended early.
    """

    text: str
    tokens: tuple[int, int] | None = None
    cut: bool = False


class Chunks:
    """The bytes of a response up to MOST_BYTES, ANSWER_SECONDS and the cancellation; `ended_early` after a limit."""

    def __init__(self, chunks: Iterable[bytes], cancel: threading.Event) -> None:
        self._chunks = chunks
        self._cancel = cancel
        self.ended_early = False

    def __iter__(self) -> Iterator[bytes]:
        size, ends = 0, time.monotonic() + ANSWER_SECONDS
        for chunk in self._chunks:
            if self._cancel.is_set():
                raise Cancelled
            size += len(chunk)
            if size > MOST_BYTES or time.monotonic() > ends:
                self.ended_early = True
                return
            yield chunk


def seconds_asked(header: str) -> float | None:
    """Returns the seconds of a Retry-After header, which holds a number or a date; None if it holds neither."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def event_of(line: str) -> Any:
    """Returns the content of a data line: an object, DONE, or None."""
    if not line.startswith("data:"):
        return None
    text = line.removeprefix("data:").strip()
    if text == DONE:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def delta_of(event: Any) -> tuple[str, str | None]:
    """Returns the text of an event or of a whole answer, and why the model ended, if it did."""
    choices = event.get("choices") if isinstance(event, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    spoken = choice.get("delta") or choice.get("message")
    content = spoken.get("content") if isinstance(spoken, dict) else None
    reason = choice.get("finish_reason")
    return content if isinstance(content, str) else "", reason if isinstance(reason, str) else None


def usage_of(event: Any) -> tuple[int, int] | None:
    """Returns the tokens of the prompt and of the answer; None if an event does not count them."""
    usage = event.get("usage") if isinstance(event, dict) else None
    if not isinstance(usage, dict):
        return None
    numbers = usage.get("prompt_tokens"), usage.get("completion_tokens")
    read, written = (number if type(number) is int and 0 <= number < 10**9 else None for number in numbers)
    return None if read is None or written is None else (read, written)


def error_message(document: Any) -> str:
    """Returns the message of an error in the usual forms; empty if there is none."""
    error = document.get("error") if isinstance(document, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""
