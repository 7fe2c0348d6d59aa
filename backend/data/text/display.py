"""How user text is shown inside a message: quoted, short, and with nothing invisible in it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LIMIT = 60


def show(value: object, limit: int = LIMIT) -> str:
    """`value` in double quotes, unprintable characters as escapes, cut to `limit` characters."""
    text = str(value)
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return '"' + escape(cut) + '"'


def whole(text: str) -> str:
    """`text` with a question mark for each half of a character, so that it can be written as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def escape(text: str) -> str:
    """`text` with every character that a screen cannot show written as `\\n`, `\\x00`, `\\u200b`, …"""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def listing(words: Iterable[str], limit: int = 12) -> str:
    """The words, comma-separated, with the count of those that were left out."""
    all_words = [escape(word) for word in words]
    text = ", ".join(all_words[:limit])
    left = len(all_words) - limit
    return f"{text} and {left} more" if left > 0 else text


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 row`, `942 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, if one is like it at all."""
    by_folded = {other.casefold(): other for other in known}
    if word.casefold() in by_folded:
        return by_folded[word.casefold()]
    found = get_close_matches(word.casefold()[:200], by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
