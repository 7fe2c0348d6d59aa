"""The values that an argument's description lists: "What to check: all, speed, distance, or time"."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

_OPEN_ENDED = re.compile(
    r"\b(?:e\.?\s?g|such as|for example|for instance|like|etc|including|examples?)\b|\.\.\.|…", re.I
)
_LIST = re.compile(r"(?::|\bone of\b:?|\beither\b|\()([^:()]+)$", re.I)
_SEPARATOR = re.compile(r" ?(?:, ?(?:or|and) |,|\||/| or | and ) ?")
"""For a text with single spaces alone: runs of them would take time that grows with their square."""
_VALUE = re.compile(r"""["'`“‘]?([\w-]+)["'`”’]?""")
_MOST = 0.8
"""Share of the rows that must use a listed value before the list counts as complete."""


@lru_cache(maxsize=1024)
def listed_values(description: str) -> tuple[str, ...]:
    """The closed list of one-word values at the end of a description; empty where there is none."""
    if len(description) > 2000 or _OPEN_ENDED.search(description):
        return ()
    found = _LIST.search(_without_end(description))
    if found is None:
        return ()
    values = [_VALUE.fullmatch(part) for part in _SEPARATOR.split(found[1].strip()) if part]
    words = [value[1] for value in values if value is not None]
    return tuple(dict.fromkeys(words)) if len(words) == len(values) and len(words) > 1 else ()


def _without_end(description: str) -> str:
    """The description with single spaces, without the point or the bracket that it ends with."""
    text = " ".join(description.split())
    return (text[:-1] if text.endswith((".", ")")) else text).rstrip()


def mostly_kept(values: tuple[str, ...], used: Counter[str]) -> bool:
    """Whether nearly all rows keep to the listed values, so that the list can be taken at its word."""
    return sum(used[value] for value in values) >= _MOST * used.total() > 0
