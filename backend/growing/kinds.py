"""The kinds of phrasing that a plan asks for, and how the simple ones are recognised in rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_FRAGMENT_WORDS = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of phrasing: what a teacher is told of it, and its share of a tool's rows, from 0 to 1."""

    text: str
    share: float


KINDS: Mapping[str, Kind] = {
    "question": Kind("a question", 0.2),
    "order": Kind("an order or a polite request", 0.3),
    "fragment": Kind("a fragment of one to four words, as people type or say it in a hurry", 0.2),
    "indirect": Kind("an indirect need: what is the matter with the person, not what the app shall do", 0.2),
    "typo": Kind("an order or a question with one or two typing errors or with slang", 0.1),
}
"""The kinds for rows with a call."""
NEAR_MISS, OFF_TOPIC = "near miss", "off-topic"
SILENT_KINDS: Mapping[str, str] = {
    NEAR_MISS: "a message about the subject of the tools that none of them can carry out",
    OFF_TOPIC: "a message that has nothing to do with the tools, as people say it to any app",
}
"""The kinds for rows without a call."""


def recognised(message: str) -> str | None:
    """Returns `question` or `fragment` if the message is one by its marks and length; None if that is not certain."""
    if message.rstrip().endswith(("?", "？")):
        return "question"
    return "fragment" if len(message.split()) <= _FRAGMENT_WORDS and message.isascii() else None


def kind_weights(messages: Sequence[str], rows: int) -> dict[str, int]:
    """Returns how many of `rows` new rows should be of each kind, so that old and new ones have the planned shares."""
    have = [recognised(message) for message in messages]
    total = len(messages) + rows
    missing = {name: max(0.0, kind.share * total - have.count(name)) for name, kind in KINDS.items()}
    return apportion(rows, missing)


def apportion(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Returns whole numbers in proportion to the weights, by largest remainders, whose sum is `total`.

    Without a positive weight, all of them are 0.
    """
    everything = sum(weights.values())
    if everything <= 0:
        return dict.fromkeys(weights, 0)
    exact = {name: total * weight / everything for name, weight in weights.items()}
    shares = {name: int(value) for name, value in exact.items()}
    left = total - sum(shares.values())
    for name in sorted(exact, key=lambda name: (shares[name] - exact[name], name))[:left]:
        shares[name] += 1
    return shares
