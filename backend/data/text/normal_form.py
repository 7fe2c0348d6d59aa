"""The normal form of messages: equal for messages that differ only in case, punctuation or spaces."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

_APOSTROPHES = re.compile(r"['’‘`´]")
_KEPT = frozenset("#%&@")
_SIGN_OR_POINT = re.compile(r"(?<=\d)[.,:/](?=\d)|(?<![^\s(])-(?=\d)|(?<=\w)[#](?!\w)")


@lru_cache(maxsize=1 << 16)
def normal_message(text: str) -> str:
    """The message after NFKC, case folding, and dropping punctuation and extra spaces.

    Marks that carry meaning stay: those between digits (5.5), a minus before a number, and # % & @. A message of
    nothing but punctuation stays as it is.
    """
    folded = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold())
    if not folded.isascii() or not folded.replace(" ", "").isalnum():
        kept = [(match.start(), match[0]) for match in _SIGN_OR_POINT.finditer(folded)]
        characters = list(folded.translate(_SPACES))
        for at, mark in kept:
            characters[at] = mark
        folded = "".join(characters)
    return " ".join(folded.split()) or text.strip()


def rows_by_message(messages: Iterable[str]) -> dict[str, list[int]]:
    """The positions of the messages that are the same by `normal_message`, in order of first appearance."""
    positions: dict[str, list[int]] = defaultdict(list)
    for at, message in enumerate(messages):
        positions[normal_message(message)].append(at)
    return dict(positions)


class _PunctuationToSpaces(dict[int, int]):
    """A table for str.translate that looks each character up once."""

    def __missing__(self, point: int) -> int:
        character = chr(point)
        drop = character not in _KEPT and unicodedata.category(character)[0] in "PC"
        return self.setdefault(point, ord(" ") if drop else point)


_SPACES = _PunctuationToSpaces()
