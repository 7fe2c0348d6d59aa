"""An answer as it is shown: its calls and text, or why an app would get no call from it."""

from __future__ import annotations

from dataclasses import dataclass

from backend.prompts.base import ParseError, PromptFormat
from backend.records import Call


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a raw answer; where it cannot be read, `error` says why and `text` is all of it."""

    calls: tuple[Call, ...] = ()
    text: str = ""
    error: str | None = None


def read_answer(fmt: PromptFormat, raw: str) -> Reading:
    """Read a raw answer with the format's strict parser; never raises."""
    try:
        parsed = fmt.parse(raw)
    except ParseError as error:
        return Reading((), raw, f"The answer cannot be read as a call: {error}.")
    return Reading(parsed.calls, parsed.text)
