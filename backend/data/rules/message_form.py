"""Rules on the form of a user message: emptiness, characters, spaces."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from backend.data.fixers import MessageFixer
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import (
    composed,
    count,
    escape,
    reserved_token,
    show,
    visible,
    without_invisible,
    without_outer_space,
    without_reserved,
)

LONGEST = 500
SHORTEST = 2


@rule(
    "message-empty",
    "message",
    "error",
    "The message is empty",
    "An empty message cannot be answered.",
    odd_only=True,
)
def empty(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not visible(text):
        yield Finding("The message is empty. Write the user's words, or delete the row.")


@rule(
    "message-too-short",
    "message",
    "warning",
    "The message is very short",
    f"A message under {SHORTEST} characters is hardly a request. Usually the row was cut.",
    odd_only=True,
)
def too_short(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if 0 < len(visible(text)) < SHORTEST:
        length = count(len(visible(text)), "character")
        yield Finding(f"The message has {length}: {show(text.strip())}. Write the whole message, or delete the row.")


@rule(
    "message-too-long",
    "message",
    "warning",
    "The message is very long",
    f"Users rarely say or type over {LONGEST} characters. The prompt must fit the model's context.",
    odd_only=True,
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
    fixer=MessageFixer(without_reserved),
    odd_only=True,
)
def reserved(text: str, _inputs: Inputs) -> Iterator[Finding]:
    token = reserved_token(text)
    if token:
        left = without_reserved(text).strip()
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
    odd_only=True,
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
    fixer=MessageFixer(without_outer_space),
    odd_only=True,
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
    fixer=MessageFixer(without_invisible),
    odd_only=True,
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


@rule(
    "message-not-nfc",
    "message",
    "warning",
    "The message is not in Unicode's composed form",
    "é can be one character, or e and an accent. Phones send the composed form (NFC). The other form has other tokens.",
    fixer=MessageFixer(composed),
    odd_only=True,
)
def not_nfc(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if not unicodedata.is_normalized("NFC", text):
        yield Finding(f"The message has separate letters and accents: {show(text)}.", fix="Compose them (NFC).")
