"""A row in other writings: without marks at its end, and in lower case, as speech recognition writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.data.text import in_lower_case, without_marks
from backend.records import Example


def other_writings(example: Example) -> tuple[Example, ...]:
    """Returns the row without marks at the end, and in lower case besides, as far as that differs.

    Words that an argument copies from the message keep their letters and marks.
    """
    copied = [text for call in example.calls for text in argument_texts(call.arguments) if text in example.message]
    unmarked = without_marks(example.message)
    if any(text not in unmarked for text in copied):
        unmarked = example.message
    found = dict.fromkeys((unmarked, in_lower_case(unmarked, copied)))
    return tuple(replace(example, message=message) for message in found if message != example.message)


def as_spoken(example: Example) -> Example:
    """Returns the row in lower case and without marks at the end, as far as its arguments permit."""
    return (example, *other_writings(example))[-1]


def argument_texts(value: Any) -> list[str]:
    """Returns every text and number inside an argument, as text."""
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in argument_texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in argument_texts(item)]
    return [str(value)]
