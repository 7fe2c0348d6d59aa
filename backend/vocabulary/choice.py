"""What `--vocabulary` can say: the full vocabulary, the languages of the rows, or named languages."""

from __future__ import annotations

from collections.abc import Iterable

from backend.vocabulary.languages import parse_languages
from backend.vocabulary.seen import seen_languages

FULL, AUTO = "full", "auto"
"""The vocabulary as it is, or English and the languages of the training rows."""


def read_vocabulary(text: str) -> str:
    """Returns `full`, `auto`, or the codes of languages with commas between them, English first.

    Raises InputError if the text is none of these.
    """
    choice = text.strip().casefold()
    return choice if choice in (FULL, AUTO) else ",".join(parse_languages(text))


def kept_languages(choice: str, messages: Iterable[str]) -> tuple[str, ...]:
    """Returns the languages whose words a choice keeps, for training rows with these messages; none for `full`."""
    if choice == FULL:
        return ()
    return seen_languages(messages) if choice == AUTO else parse_languages(choice)
