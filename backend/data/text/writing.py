"""How a message is written, whatever it says: capital letters and the punctuation mark at its end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_END = re.compile(r"[\s.?!…。？！।]+\Z")
_START = re.compile(r"\A[\s¿¡]+")
_MARKS = {"ja": {"?": "？", "!": "！", ".": "。"}, "hi": {".": "।"}}
"""The mark of a language for a Latin one."""
_LATIN = {"？": "?", "！": "!", "。": ".", "।": ".", "…": "."}
_OPENING = {"?": "¿", "!": "¡"}
"""The mark at the start of a Spanish sentence that ends with this one."""


@dataclass(frozen=True, slots=True)
class Writing:
    """The writing of a message: whether it begins with a capital letter or has none at all, and its mark at the end.

    `mark` is a Latin one or empty. `opening` says that a Spanish mark is at the start, too.
    """

    capital: bool
    lower: bool
    mark: str
    opening: bool

    @classmethod
    def of(cls, message: str) -> Writing:
        """Returns the writing of `message`."""
        text = _START.sub("", message)
        end = _END.search(message)
        mark = end[0].strip()[:1] if end else ""
        return cls(
            capital=text[:1].isupper(),
            lower=message == message.lower(),
            mark=_LATIN.get(mark, mark),
            opening=text != message.lstrip(),
        )

    def applied(self, message: str, language: str = "") -> str:
        """Returns `message` in this writing; a message without words stays as it is.

        Letters without case do not change, and a mark that is there already stays if this writing has one.
        """
        if not any(letter.isalpha() for letter in message):
            return message
        message = message.lower() if self.lower else capitalized(message) if self.capital else message
        if not self.mark:
            return without_marks(message)
        return message if _END.search(message) else self._marked(message, language)

    def _marked(self, message: str, language: str) -> str:
        start = _OPENING.get(self.mark, "") if self.opening and language == "es" else ""
        return start + message + _MARKS.get(language, {}).get(self.mark, self.mark)


def capitalized(message: str) -> str:
    """Returns `message` with a capital letter at its start, behind opening marks."""
    start = len(message) - len(_START.sub("", message))
    return message[:start] + message[start : start + 1].upper() + message[start + 1 :]


def without_marks(message: str) -> str:
    """Returns `message` without punctuation marks at its end and Spanish ones at its start; never an empty text."""
    return _START.sub("", _END.sub("", message)) or message


def in_lower_case(message: str, kept: Iterable[str] = ()) -> str:
    """Returns `message` in lower case. The texts in `kept` keep their letters, wherever they stand in it."""
    texts = sorted({text for text in kept if text}, key=len, reverse=True)
    if not texts:
        return message.lower()
    parts = re.split("(" + "|".join(map(re.escape, texts)) + ")", message)
    return "".join(part if number % 2 else part.lower() for number, part in enumerate(parts))
