"""When two messages are the same but for how they are typed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = re.compile(r"['’‘`´]")
_KEPT = frozenset("#%&@")
_SIGN_OR_POINT = re.compile(r"(?<=\d)[.,:/](?=\d)|(?<![^\s(])-(?=\d)|(?<=\w)[#](?!\w)")


def normal_message(text: str) -> str:
    """The message after NFKC, case folding, and dropping punctuation and extra spaces.

    Marks that carry meaning stay: those between digits (5.5), a minus before a number, and # % & @. A message of
    nothing but punctuation stays as it is.
    """
    folded = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold())
    if not folded.isascii() or not folded.replace(" ", "").isalnum():
        kept = {match.start() for match in _SIGN_OR_POINT.finditer(folded)}
        folded = "".join(
            " " if _is_punctuation(character) and at not in kept else character for at, character in enumerate(folded)
        )
    return " ".join(folded.split()) or text.strip()


@lru_cache(maxsize=4096)
def _is_punctuation(character: str) -> bool:
    return character not in _KEPT and unicodedata.category(character)[0] in "PC"
