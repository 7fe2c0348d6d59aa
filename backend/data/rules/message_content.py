"""Rules on what a user message says: label leaks and generator leftovers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from backend.data.csv import OPERATORS
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import show

_REQUEST = re.compile(r"\brequest(?:ing|s)?\s++\S++\s++with\s", re.IGNORECASE)
_VARIANT = re.compile(r"\bvariant\s++\d", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\bvariant\s++#?\d++\s*+\)?\s*+\Z|\A\s*+\{\{?\s*+\w++\s*+\}?\}\s*+\Z", re.IGNORECASE)
"""Possessive throughout: a message of any length takes time in proportion to it."""
_MANGLED = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122]")
_NUMBERING = re.compile(r"\s*(?:\(?\d{1,3}[.)]\s+|[-*•–]\s+)\S")
_WRAPPED = re.compile(r"""\s*(?:"[^"]+"|“[^”]+”|«[^»]+»|`[^`]+`|'[^']+')[.]?\s*""")
_MARKUP = re.compile(r"\*\*[^*]+\*\*|</?[a-zA-Z]{1,6}\s*/?>|&(?:amp|lt|gt|quot|nbsp|#\d+);")
_PHRASES = re.compile(
    r"\s*(?:here (?:is|are)\b|here's (?:a|an|the|another|one)\b|(?:sure|certainly|of course|absolutely)[,!:]\s"
    r"|as an ai\b|(?:user|human|assistant|query|utterance|message|example|variation|request)\s*+(?:\d++\s*+)?+:)",
    re.IGNORECASE,
)


@rule(
    "message-placeholder",
    "message",
    "warning",
    "The message is a placeholder that gives the label away",
    'A generator that failed left its own instruction: "Requesting X with Y (… variant 0)". The model learns to '
    "read the label off the message.",
)
def placeholder(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if _is_placeholder(text):
        yield Finding(
            f"The message is a generator's placeholder: {show(text, 100)}. Rewrite it as a user would say it."
        )


@rule(
    "message-tool-name",
    "message",
    "warning",
    "The tool's name stands in the message",
    "No user says get_weather_forecast; the model learns to copy the name instead of to understand the request. Names "
    "that are plain words are not counted.",
)
def tool_name(text: str, inputs: Inputs) -> Iterator[Finding]:
    pattern = _names_pattern(tuple(inputs.tools))
    found = pattern.search(text) if pattern else None
    if found and not _is_placeholder(text):
        yield Finding(f"The message names the tool {found[0]}: {show(text)}. Say it as a user would.")


def _is_placeholder(text: str) -> bool:
    """Whether a generator left its own words: `request X with … variant 3`, `{{ name }}`, or a variant's number."""
    if _PLACEHOLDER.search(text):
        return True
    request = _REQUEST.search(text)
    return request is not None and _VARIANT.search(text, request.end() - 1) is not None


@lru_cache(maxsize=64)
def _names_pattern(names: Sequence[str]) -> re.Pattern[str] | None:
    """Matches any tool name that could not be a plain word: with `_`, `-`, `.`, a digit, or a capital inside."""
    odd = [re.escape(name) for name in names if re.search(r"[^a-zA-Z]|[a-z][A-Z]", name)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(odd)})(?!\w)", re.IGNORECASE) if odd else None


@rule(
    "message-generator-leftover",
    "message",
    "warning",
    "The message keeps something of the text generator's answer",
    'Numbering, quotes around the whole message, marks such as **, or "Here is …" come from what a chat model wrote.',
)
def generator_leftover(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if _NUMBERING.match(text):
        what = "numbering or a bullet"
    elif _WRAPPED.fullmatch(text):
        what = "quotes around the whole message"
    elif _MARKUP.search(text):
        what = "Markdown or HTML marks"
    elif _PHRASES.match(text):
        what = "a generator's opening words"
    else:
        return
    yield Finding(f"The message has {what}: {show(text)}. Keep only what the user says.")


@rule(
    "message-mojibake",
    "message",
    "warning",
    "The message was read in the wrong encoding once",
    "CafÃ© was Café before some program read UTF-8 as Windows-1252. The fix turns it back where that gives clean text.",
    fixer=lambda text, _inputs: demangled(text) or text,
)
def mojibake(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text.isascii():
        return
    better = demangled(text)
    if better:
        yield Finding(f"The message was garbled by a wrong encoding: {show(text)}.", fix=f"Write {show(better)}.")
    elif "\ufffd" in text:
        yield Finding(f"The message holds the mark of a lost character: {show(text)}. Type the character again.")


def demangled(text: str) -> str | None:
    """The text before UTF-8 was read as Windows-1252; None where it was not."""
    if not _MANGLED.search(text):
        return None
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


@rule(
    "message-formula",
    "message",
    "warning",
    "The message begins like a formula",
    "A spreadsheet runs cells that begin with = + - @. Here the text stays as it is; be careful where you open it.",
)
def formula(text: str, _inputs: Inputs) -> Iterator[Finding]:
    if text.startswith(OPERATORS):
        yield Finding(f"The message begins with {text[0]}: {show(text)}. A spreadsheet may take it for a formula.")
