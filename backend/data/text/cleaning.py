"""Cleans garbled texts; each function returns a clean text unchanged."""

from __future__ import annotations

import re
import unicodedata

from backend.data.text.reserved import strip_reserved

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MANGLED = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122]")
_MANGLED_CYRILLIC = re.compile("[\u0420\u0421][\u0080-\u00bf\u0400-\u045f\u0490\u0491\u2013-\u2122]")
_TWO_BYTE_SCRIPTS = re.compile("[\u0370-\u07ff]")
_FEWEST_CYRILLIC = 3
_CP1252 = {chr(byte): byte for byte in range(128, 256)} | {
    bytes([byte]).decode("cp1252"): byte for byte in range(128, 160) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""The byte of each character in Windows-1252; browsers read its five free bytes as control characters."""
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
    """Returns the text before its UTF-8 was read as Windows-1252 or Windows-1251; unchanged if not all of it was."""
    if text.isascii():
        return text
    if _MANGLED.search(text):
        codes = [ord(character) if character.isascii() else _CP1252.get(character, 256) for character in text]
        return (_utf8(bytes(codes)) if max(codes) < 256 else None) or text
    if len(_MANGLED_CYRILLIC.findall(text)) >= _FEWEST_CYRILLIC:
        try:
            return _utf8(text.encode("cp1251")) or text
        except UnicodeEncodeError:
            return text
    return text


def _utf8(data: bytes) -> str | None:
    """Returns the text of bytes in UTF-8; None if they are not, or if one or two Greek or Cyrillic letters appear.

    Those come from correct texts in capitals, such as CAPÓ».
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if 0 < len(_TWO_BYTE_SCRIPTS.findall(text)) < _FEWEST_CYRILLIC else text


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
    """Returns the text without control characters; tabs and line breaks stay.

    Some are half of a character that was decoded with the wrong encoding: then it is decoded again.
    """
    return CONTROL.sub("", demangled(text))


def without_outer_space(text: str) -> str:
    """Returns the text without spaces around it."""
    return text.strip()


def without_reserved(text: str) -> str:
    """Returns the text without control tokens."""
    return strip_reserved(text)


def simple_marks(text: str) -> str:
    """Returns the text with straight quotes, hyphens and plain spaces, character by character."""
    return text.translate(_SIMPLE_MARKS)
