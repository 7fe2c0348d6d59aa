"""Rules on the form of a user message: emptiness, characters, spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from backend.data.rows import Finding, Inputs, rule
from backend.data.text import count, escape, reserved_token, show, strip_reserved

LONGEST = 500
SHORTEST = 2

_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_JOINER = re.compile("[\u200c\u200d]")
_LATIN_OR_SPACE = re.compile(r"[\s\x00-\u024f]")


@rule("message-empty", "message", "error", "The message is empty", "An empty message cannot be answered.")
def empty(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not _visible(text):
        yield Finding("The message is empty. Write the user's words, or delete the row.")


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text).strip()


@rule(
    "message-too-short",
    "message",
    "warning",
    "The message is very short",
    f"A message under {SHORTEST} characters is hardly a request. Usually the row was cut.",
)
def too_short(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if 0 < len(_visible(text)) < SHORTEST:
        length = count(len(_visible(text)), "character")
        yield Finding(f"The message has {length}: {show(text.strip())}. Write the whole message, or delete the row.")


@rule(
    "message-too-long",
    "message",
    "warning",
    "The message is very long",
    f"Users rarely say or type over {LONGEST} characters. The prompt must fit the model's context.",
)
def too_long(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if len(text) > LONGEST:
        yield Finding(f"The message has {len(text):,} characters: {show(text)}. Over {LONGEST} is unusual.")


@rule(
    "message-reserved-token",
    "message",
    "error",
    "The message contains a control token",
    "The tokenizer reads it as a control token, so the message would end too early or begin another turn of the "
    "conversation.",
    fixer=lambda text, _inputs: strip_reserved(text),
)
def reserved(text: str, _inputs: Inputs) -> Iterator[Finding]:
    token = reserved_token(text)
    if token:
        left = strip_reserved(text).strip()
        yield Finding(
            f"The message contains the control token {token}: {show(text)}. Remove it.",
            fix="Remove it." if left else None,
        )


@rule(
    "message-broken-character",
    "message",
    "error",
    "The message contains half a character",
    "A lone surrogate is half of a character, often of an emoji. It cannot be written as UTF-8.",
)
def lone_surrogate(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        yield Finding(f"The message contains half a character: {show(text)}. Write the whole character, or remove it.")


@rule(
    "message-outer-space",
    "message",
    "warning",
    "There are spaces around the message",
    "The prompt format removes them, so the model does not see them. They make equal rows look different.",
    fixer=lambda text, _inputs: text.strip(),
)
def outer_space(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text != text.strip() and text.strip():
        yield Finding(f"There are spaces before or after the message: {show(text)}.", fix="Remove them.")


@rule(
    "message-invisible-character",
    "message",
    "warning",
    "The message contains an invisible character",
    "Text that is pasted from web pages often contains zero-width spaces and direction marks. They cost tokens and "
    "make equal words different.",
    fixer=lambda text, _inputs: without_invisible(text),
)
def invisible(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text.isascii():
        return
    cleaned = without_invisible(text)
    if cleaned != text and cleaned.strip():
        first = next(at for at, pair in enumerate(zip(text, cleaned + "\0", strict=False)) if pair[0] != pair[1])
        yield Finding(
            f'There is the invisible character "{escape(text[first])}" at character {first + 1}: {show(text)}.',
            fix="Remove it.",
        )


def without_invisible(text: str) -> str:
    """Returns the text without invisible characters; joiners stay if a script or an emoji needs them."""
    text = re.sub("[\u2028\u2029]", " ", text)
    text = _INVISIBLE.sub("", text)
    return _JOINER.sub(lambda match: "" if _useless_joiner(text, match.start()) else match[0], text)


def _useless_joiner(text: str, at: int) -> bool:
    """Whether a zero-width joiner is next to a Latin letter, a space or the text's end and so has no effect."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return not before or not after or bool(_LATIN_OR_SPACE.match(before) or _LATIN_OR_SPACE.match(after))


@rule(
    "message-not-nfc",
    "message",
    "warning",
    "The message is not in Unicode's composed form",
    "é can be one character, or e and an accent. Phones send the composed form (NFC). The other form has other tokens.",
    fixer=lambda text, _inputs: unicodedata.normalize("NFC", text),
)
def not_nfc(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not unicodedata.is_normalized("NFC", text):
        yield Finding(f"The message has separate letters and accents: {show(text)}.", fix="Compose them (NFC).")
