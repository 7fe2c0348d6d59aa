"""Names and texts that the model's own format reserves."""

from __future__ import annotations

import re

from backend.prompts import RESERVED, SCHEMA_KEYS

RESERVED_TOKEN = re.compile(rf"{RESERVED.pattern}|<(?:start|end)_(?:function|of|image|audio)[a-z_]*>")
"""Control tokens, and texts that look so much like one that a typing slip is the likelier reading."""

KEYWORDS = frozenset({"call", "true", "false", "null"})
"""Words that the phone's grammar reads as something other than a name."""

SCHEMA_WORDS = SCHEMA_KEYS
"""An argument so called vanishes from the declaration, yet stays in `required`."""

MAX_NAME = 64
_PASSES = 8
KOTLIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
GRAMMAR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def reserved_token(text: str) -> str | None:
    """The first control token that stands in `text`."""
    match = RESERVED_TOKEN.search(text) if "<" in text or "[" in text else None
    return match.group() if match else None


def strip_reserved(text: str) -> str:
    """`text` without control tokens, those included that arise when an inner one is taken out."""
    for _ in range(_PASSES):
        if not RESERVED_TOKEN.search(text):
            return text
        text = RESERVED_TOKEN.sub("", text)
    return re.sub(r"[<\[]", "", text)
