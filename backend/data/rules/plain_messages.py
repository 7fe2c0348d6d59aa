"""Finds the plain messages, in which most rules on messages find nothing, so that these rules need not run."""

from __future__ import annotations

import re
from collections.abc import Iterable

from backend.data.rules.message_content import OPENING_WORDS, odd_names
from backend.data.rules.message_form import LONGEST, SHORTEST

_INNER = r" -%'-)+-;=-Z\\-z|~"
_PLAIN = re.compile(
    rf"(?!(?i:{OPENING_WORDS.pattern}))[a-zA-Z][{_INNER}]{{{SHORTEST - 2},{LONGEST - 2}}}(?! )[{_INNER}]"
)
"""Printable ASCII without & * < [ { } from a letter on, of a usual length, without spaces around it."""
_PLACEHOLDER_WORD = "variant"


def plain_messages(texts: Iterable[str], tool_names: Iterable[str]) -> set[str]:
    """Returns the texts that are plain ASCII sentences and have no word of a placeholder and no name of a tool."""
    names = [name.lower() for name in odd_names(tool_names)]
    if not all(map(str.isascii, names)):
        return set()  # letters outside ASCII can match ASCII letters if case is ignored
    plain = set(filter(_PLAIN.fullmatch, texts))
    together = "\n".join(plain).lower()
    found = [word for word in (_PLACEHOLDER_WORD, *names) if word in together]
    return {text for text in plain if not any(word in text.lower() for word in found)} if found else plain


def is_plain_cell(text: str) -> bool:
    """Whether a tool_calls cell is ASCII and has no backslash, so that its values stand in it as they are."""
    return text.isascii() and "\\" not in text
