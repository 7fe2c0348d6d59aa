"""Rules on the content of a user message: label leaks and remains of a text generator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from backend.data.csv import OPERATORS
from backend.data.fixers import MessageFixer
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import demangled, show

_REQUEST = re.compile(r"\brequest(?:ing|s)?\s++\S++\s++with\s", re.IGNORECASE)
_VARIANT = re.compile(r"\bvariant\s++\d", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\bvariant\s++#?\d++\s*+\)?\s*+\Z|\A\s*+\{\{?\s*+\w++\s*+\}?\}\s*+\Z", re.IGNORECASE)
"""All quantifiers are possessive, so that the time is proportional to the length of the message."""
_NUMBERING = re.compile(r"\s*(?:\(?\d{1,3}[.)]\s+|[-*•–]\s+)\S")
_WRAPPED = re.compile(r"""\s*(?:"[^"]+"|“[^”]+”|«[^»]+»|`[^`]+`|'[^']+')[.]?\s*""")
_MARKUP = re.compile(r"\*\*[^*]+\*\*|</?[a-zA-Z]{1,6}\s*/?>|&(?:amp|lt|gt|quot|nbsp|#\d+);")
OPENING_WORDS = re.compile(
    r"\s*(?:here (?:is|are)\b|here's (?:a|an|the|another|one)\b|(?:sure|certainly|of course|absolutely)[,!:]\s"
    r"|as an ai\b|(?:user|human|assistant|query|utterance|message|example|variation|request)\s*+(?:\d++\s*+)?+:)",
    re.IGNORECASE,
)


@rule(
    "message-placeholder",
    "message",
    "warning",
    "The message is a placeholder that contains the label",
    'A text generator failed and left its own instruction: "Requesting X with Y (… variant 0)". The model learns to '
    "copy the label from the message.",
    odd_only=True,
)
def placeholder(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if _is_placeholder(text):
        yield Finding(f"The message is a generator's placeholder: {show(text, 100)}. Rewrite it in a user's words.")


@rule(
    "message-tool-name",
    "message",
    "warning",
    "The message contains the tool's name",
    "No user says get_weather_forecast. The model learns to copy the name and not to understand the request. Names "
    "that are ordinary words are not reported.",
    odd_only=True,
)
def tool_name(text: str, inputs: Inputs) -> Iterator[Finding]:
    pattern = _names_pattern(tuple(inputs.tools))
    found = pattern.search(text) if pattern else None
    if found and not _is_placeholder(text):
        yield Finding(f"The message names the tool {found[0]}: {show(text)}. Rewrite it in a user's words.")


def _is_placeholder(text: str) -> bool:
    """Whether the text has a generator's words: `request X with … variant 3`, `{{ name }}`, or a variant's number."""
    if _PLACEHOLDER.search(text):
        return True
    request = _REQUEST.search(text)
    return request is not None and _VARIANT.search(text, request.end() - 1) is not None


def odd_names(names: Iterable[str]) -> list[str]:
    """Returns the tool names with `_`, `-`, `.`, a digit or an inner capital: no ordinary words."""
    return [name for name in names if re.search(r"[^a-zA-Z]|[a-z][A-Z]", name)]


@lru_cache(maxsize=64)
def _names_pattern(names: Sequence[str]) -> re.Pattern[str] | None:
    """Returns a pattern for the tool names that are no ordinary words."""
    odd = [re.escape(name) for name in odd_names(names)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(odd)})(?!\w)", re.IGNORECASE) if odd else None


@rule(
    "message-generator-leftover",
    "message",
    "warning",
    "The message contains remains of a text generator's answer",
    'Numbering, quotes around the whole message, marks such as **, and "Here is …" come from a chat model.',
    odd_only=True,
)
def generator_leftover(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if _NUMBERING.match(text):
        what = "numbering or a bullet"
    elif _WRAPPED.fullmatch(text):
        what = "quotes around the whole message"
    elif _MARKUP.search(text):
        what = "Markdown or HTML marks"
    elif OPENING_WORDS.match(text):
        what = "a generator's opening words"
    else:
        return
    yield Finding(f"The message has {what}: {show(text)}. Keep only the user's words.")


@rule(
    "message-mojibake",
    "message",
    "warning",
    "The message was decoded with the wrong encoding",
    "CafÃ© was Café before a program read UTF-8 as Windows-1252. The fix restores the text if the result is clean.",
    fixer=MessageFixer(demangled),
    odd_only=True,
)
def mojibake(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text.isascii():
        return
    better = demangled(text)
    if better != text:
        yield Finding(f"The message was decoded with the wrong encoding: {show(text)}.", fix=f"Write {show(better)}.")
    elif "\ufffd" in text:
        yield Finding(f"The message contains the replacement character U+FFFD: {show(text)}. Type the character again.")


@rule(
    "message-formula",
    "message",
    "warning",
    "The message begins like a formula",
    "A spreadsheet runs cells that begin with = + - @. The check does not change the text. Be careful if you open the "
    "file in a spreadsheet.",
    odd_only=True,
)
def formula(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text.startswith(OPERATORS):
        yield Finding(f"The message begins with {text[0]}: {show(text)}. A spreadsheet may run it as a formula.")
