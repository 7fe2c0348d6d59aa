"""Names and texts that the model's format reserves."""

from __future__ import annotations

import re

from backend.prompts import RESERVED, SCHEMA_KEYS

RESERVED_TOKEN = re.compile(rf"{RESERVED.pattern}|<(?:start|end)_(?:function|of|image|audio)[a-z_]*>")
"""Control tokens, and texts that are most likely a misspelt control token."""

KEYWORDS = frozenset({"call", "true", "false", "null"})
"""Words that the phone's grammar does not read as a name."""

SCHEMA_WORDS = SCHEMA_KEYS
"""The template omits an argument with such a name from the declaration, but not from `required`."""

MAX_NAME = 64
_PASSES = 8
KOTLIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
GRAMMAR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def reserved_token(text: str) -> str | None:
    """Returns the first control token in `text`, or None."""
    match = RESERVED_TOKEN.search(text) if "<" in text or "[" in text else None
    return match.group() if match else None


def strip_reserved(text: str) -> str:
    """Returns `text` without control tokens, including those that appear when an inner one is removed."""
    for _ in range(_PASSES):
        if not RESERVED_TOKEN.search(text):
            return text
        text = RESERVED_TOKEN.sub("", text)
    return re.sub(r"[<\[]", "", text)
