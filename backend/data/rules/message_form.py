"""Rules on the form of a user message: emptiness, characters, spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, reserved_token, show, strip_reserved

LONGEST = 500
SHORTEST = 2

_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_JOINER = re.compile("[\u200c\u200d]")
_LATIN_OR_SPACE = re.compile(r"[\s\x00-\u024f]")


@rule("message-empty", "message", "error", "The message is empty", "There is nothing to answer.")
def empty(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not _visible(text):
        yield Finding("The message is empty. Write what the user says, or delete the row.")


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text).strip()


@rule(
    "message-too-short",
    "message",
    "warning",
    "The message is very short",
    f"Under {SHORTEST} characters there is hardly a request; usually the row was cut.",
)
def too_short(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if 0 < len(_visible(text)) < SHORTEST:
        yield Finding(f"The message is {show(text.strip())}: {len(_visible(text))} character. Was it cut?")


@rule(
    "message-too-long",
    "message",
    "warning",
    "The message is very long",
    f"Over {LONGEST} characters nobody speaks or types to a phone, and the prompt must fit its memory.",
)
def too_long(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if len(text) > LONGEST:
        yield Finding(f"The message has {len(text):,} characters: {show(text)}. Over {LONGEST} is unusual.")


@rule(
    "message-reserved-token",
    "message",
    "error",
    "A control token stands in the message",
    "The tokenizer reads it as a control token: the message would end in the middle, or forge a turn of the "
    "conversation.",
    fixer=lambda text, _inputs: strip_reserved(text),
)
def reserved(text: str, _inputs: Inputs) -> Iterator[Finding]:
    token = reserved_token(text)
    if token:
        left = strip_reserved(text).strip()
        yield Finding(
            f"The message holds the control token {token}: {show(text)}. Take it out.",
            fix="Take it out." if left else None,
        )


@rule(
    "message-broken-character",
    "message",
    "error",
    "The message holds half a character",
    "A lone surrogate is half of a character (often an emoji) that was cut; it cannot be written as UTF-8.",
)
def lone_surrogate(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        yield Finding(f"The message holds half a character: {show(text)}. Write the whole one, or take it out.")


@rule(
    "message-outer-space",
    "message",
    "warning",
    "Spaces stand around the message",
    "The prompt format trims them, so they do no harm; they make equal rows look different.",
    fixer=lambda text, _inputs: text.strip(),
)
def outer_space(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text != text.strip() and text.strip():
        yield Finding(f"Spaces stand before or behind the message: {show(text)}.", fix="Take them away.")


@rule(
    "message-invisible-character",
    "message",
    "warning",
    "An invisible character stands in the message",
    "Zero-width spaces and direction marks come along when text is pasted from web pages. They cost tokens and make "
    "equal words different.",
    fixer=lambda text, _inputs: without_invisible(text),
)
def invisible(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text.isascii():
        return
    cleaned = without_invisible(text)
    if cleaned != text and cleaned.strip():
        first = next(at for at, pair in enumerate(zip(text, cleaned + "\0", strict=False)) if pair[0] != pair[1])
        yield Finding(
            f'The invisible character "{escape(text[first])}" stands at character {first + 1}: {show(text)}.',
            fix="Take it out.",
        )


def without_invisible(text: str) -> str:
    """The text without invisible characters; joiners stay where a script or an emoji needs them."""
    text = re.sub("[\u2028\u2029]", " ", text)
    text = _INVISIBLE.sub("", text)
    return _JOINER.sub(lambda match: "" if _useless_joiner(text, match.start()) else match[0], text)


def _useless_joiner(text: str, at: int) -> bool:
    """Whether a zero-width joiner stands beside a Latin letter, a space or the text's end, where it does nothing."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return not before or not after or bool(_LATIN_OR_SPACE.match(before) or _LATIN_OR_SPACE.match(after))


@rule(
    "message-not-nfc",
    "message",
    "warning",
    "The message is not in Unicode's composed form",
    "é can be one character or e and an accent. Phones send the composed form (NFC); the other has other tokens.",
    fixer=lambda text, _inputs: unicodedata.normalize("NFC", text),
)
def not_nfc(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not unicodedata.is_normalized("NFC", text):
        yield Finding(f"The message holds letters and accents apart: {show(text)}.", fix="Compose them (NFC).")
