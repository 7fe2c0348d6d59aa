"""The normal form of messages: equal for messages that differ only in case, punctuation or spaces."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

_APOSTROPHES = re.compile(r"['’‘`´]")
_KEPT = frozenset("#%&@")
_DIGIT_OR_NUMBER_SIGN = re.compile(r"[0-9#]")
"""What an ASCII text has if _SIGN_OR_POINT matches in it."""
_SIGN_OR_POINT = re.compile(r"(?<=\d)[.,:/](?=\d)|(?<![^\s(])-(?=\d)|(?<=\w)[#](?!\w)")


@lru_cache(maxsize=1 << 16)
def normal_message(text: str) -> str:
    """Returns the message after NFKC, case folding, and the removal of punctuation and extra spaces.

    Marks with a meaning remain: those between digits (5.5), a minus before a number, and # % & @. A message of
    punctuation only remains unchanged.
    """
    if text.isascii() and not _DIGIT_OR_NUMBER_SIGN.search(text):
        return " ".join(text.translate(_ASCII).split()) or text.strip()
    folded = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold())
    if not folded.isascii() or not folded.replace(" ", "").isalnum():
        kept = [(match.start(), match[0]) for match in _SIGN_OR_POINT.finditer(folded)]
        characters = list(folded.translate(_SPACES))
        for at, mark in kept:
            characters[at] = mark
        folded = "".join(characters)
    return " ".join(folded.split()) or text.strip()


def rows_by_message(messages: Iterable[str]) -> dict[str, list[int]]:
    """Returns the positions of messages with the same normal form, by that form, in order of first appearance."""
    positions: dict[str, list[int]] = defaultdict(list)
    for at, message in enumerate(messages):
        positions[normal_message(message)].append(at)
    return dict(positions)


class _PunctuationToSpaces(dict[int, int]):
    """A table for str.translate that computes each character's replacement once."""

    def __missing__(self, point: int) -> int:
        character = chr(point)
        drop = character not in _KEPT and unicodedata.category(character)[0] in "PC"
        return self.setdefault(point, ord(" ") if drop else point)


_SPACES = _PunctuationToSpaces()
_ASCII = {
    **{ord(character): _SPACES[ord(character)] for character in map(chr, range(128))},
    **{ord(upper): ord(upper) + 32 for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    **dict.fromkeys(map(ord, "'`")),
}
"""The table for ASCII texts: case folding, spaces for punctuation, and no apostrophes."""
