"""Cleans garbled texts; each function returns a clean text unchanged."""

from __future__ import annotations

import re
import unicodedata

from backend.data.text.reserved import strip_reserved

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MANGLED = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122]")
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_JOINER = re.compile("[\u200c\u200d]")
_LATIN_OR_SPACE = re.compile(r"[\s\x00-\u024f]")
_SIMPLE_MARKS = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼ′´", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f", " "),
    }
)


def demangled(text: str) -> str:
    """Returns the text before its UTF-8 was read as Windows-1252; unchanged if it was not, or only in parts."""
    if text.isascii() or not _MANGLED.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def visible(text: str) -> str:
    """Returns the text without characters that are never seen, and without spaces around it."""
    return _INVISIBLE.sub("", text).strip()


def without_invisible(text: str) -> str:
    """Returns the text without invisible characters; joiners stay if a script or an emoji needs them."""
    if text.isascii():
        return text
    text = re.sub("[\u2028\u2029]", " ", text)
    text = _INVISIBLE.sub("", text)
    return _JOINER.sub(lambda match: "" if _useless_joiner(text, match.start()) else match[0], text)


def _useless_joiner(text: str, at: int) -> bool:
    """Whether a zero-width joiner is next to a Latin letter, a space or the text's end and so has no effect."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return not before or not after or bool(_LATIN_OR_SPACE.match(before) or _LATIN_OR_SPACE.match(after))


def composed(text: str) -> str:
    """Returns the text in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", text)


def without_controls(text: str) -> str:
    """Returns the text without control characters; tabs and line breaks stay."""
    return CONTROL.sub("", text)


def without_outer_space(text: str) -> str:
    """Returns the text without spaces around it."""
    return text.strip()


def without_reserved(text: str) -> str:
    """Returns the text without control tokens."""
    return strip_reserved(text)


def simple_marks(text: str) -> str:
    """Returns the text with straight quotes, hyphens and plain spaces, character by character."""
    return text.translate(_SIMPLE_MARKS)
