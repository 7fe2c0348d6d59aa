"""Formats user text for messages: quoted, short, and without invisible characters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches

LIMIT = 60


def show(value: object, limit: int = LIMIT) -> str:
    """Returns a text in double quotes, and any other value as JSON; invisible characters are escapes.

    At most `limit` characters of the value are shown.
    """
    text = value if isinstance(value, str) else json_text(value)
    cut = escape(text if len(text) <= limit else text[: limit - 1] + "…")
    return f'"{cut}"' if isinstance(value, str) else cut


def json_text(value: object) -> str:
    """Returns a value as JSON on one line, such as `true` or `["a", 1]`."""
    return json.dumps(value, ensure_ascii=False, default=str)


def whole(text: str) -> str:
    """Returns `text` with a question mark for each lone surrogate, so that it can be encoded as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def escape(text: str) -> str:
    """Returns `text` with an escape for every invisible character, such as `\\n`, `\\x00` or `\\u200b`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def listing(words: Iterable[str], limit: int = 12) -> str:
    """Returns the first `limit` words, separated by commas, and the number of the others."""
    all_words = [escape(word) for word in words]
    text = ", ".join(all_words[:limit])
    left = len(all_words) - limit
    return f"{text} and {left} more" if left > 0 else text


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Returns a number with its noun, such as `1 row` or `942 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Returns the candidate that is most similar to `word`, or None if none is similar."""
    by_folded = {other.casefold(): other for other in candidates}
    if word.casefold() in by_folded:
        return by_folded[word.casefold()]
    found = get_close_matches(word.casefold()[:200], by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
