"""Which of the product's off-topic messages are asked and taught beside some tools, and which are left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backend.data.text import escape
from backend.off_topic.messages import Message, asked_messages, taught_messages
from backend.off_topic.relation import LeftOut, Relation, Selection
from backend.records import Example, Tool


@dataclass(frozen=True, slots=True)
class Group:
    """Messages of one topic, word or row: `key` is what the setting `put_back` takes, `reason` a phrase."""

    key: str
    reason: str
    asked: tuple[Message, ...] = ()
    taught: tuple[Message, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of both sets."""
        return (*self.asked, *self.taught)


@dataclass(frozen=True, slots=True)
class ChosenMessages:
    """The messages that every evaluation asks, and those that a training can use.

    `left_out` are the groups that the tools might answer, `put_back` those that count as off-topic all the same; the
    largest come first.
    """

    asked: tuple[Message, ...]
    taught: tuple[Message, ...]
    left_out: tuple[Group, ...]
    put_back: tuple[Group, ...]

    def summary(self) -> list[str]:
        """Returns lines of text: how many messages are asked, taught and left out, then a line for each group."""
        left = sum(len(group.messages) for group in self.left_out)
        asked, taught = len(self.asked), len(self.taught)
        return [
            f"Off-topic messages: {asked:,} are asked, {taught:,} can be taught, {left:,} are left out",
            *(f"  left out: {_line(group)}" for group in self.left_out),
            *(f"  put back: {_line(group)}" for group in self.put_back),
        ]

    def to_json(self) -> dict[str, Any]:
        """Returns the counts and the groups as one JSON object."""
        return {
            "asked": len(self.asked),
            "taught": len(self.taught),
            "left_out": [_to_json(group) for group in self.left_out],
            "put_back": [_to_json(group) for group in self.put_back],
        }


def choose_messages(tools: Sequence[Tool], rows: Iterable[Example], put_back: Collection[str] = ()) -> ChosenMessages:
    """Returns the messages for these tools and rows; the keys in `put_back` leave nothing out."""
    relation = Relation(tools, rows)
    asked, taught = (relation.select(messages, put_back) for messages in (asked_messages(), taught_messages()))
    groups = _merged(asked.left_out, taught.left_out)
    return ChosenMessages(asked.messages, taught.messages, groups, _put_back(relation, put_back, asked, taught))


def _put_back(relation: Relation, keys: Collection[str], asked: Selection, taught: Selection) -> tuple[Group, ...]:
    """A group for each key that was put back; one that no message depends on is empty."""
    if not keys:
        return ()
    found = (
        _returned(relation.select(messages), keys, chosen)
        for messages, chosen in ((asked_messages(), asked), (taught_messages(), taught))
    )
    groups = _merged(*found)
    empty = (Group(key, "no message depends on it now") for key in sorted(set(keys) - {one.key for one in groups}))
    return (*groups, *empty)


def _returned(before: Selection, keys: Collection[str], now: Selection) -> tuple[LeftOut, ...]:
    """The groups with these keys, without messages that another finding still leaves out."""
    kept = set(now.messages)
    return tuple(
        LeftOut(group.key, group.reason, tuple(one for one in group.messages if one in kept))
        for group in before.left_out
        if group.key in keys
    )


def _merged(asked: Iterable[LeftOut], taught: Iterable[LeftOut]) -> tuple[Group, ...]:
    """The groups of both sets by key, the largest first."""
    first, second = ({group.key: group for group in groups} for groups in (asked, taught))
    groups = [
        Group(
            key,
            (first.get(key) or second[key]).reason,
            first[key].messages if key in first else (),
            second[key].messages if key in second else (),
        )
        for key in {**first, **second}
    ]
    return tuple(sorted(groups, key=lambda group: (-len(group.messages), group.key)))


def _line(group: Group) -> str:
    return f"{escape(group.key)}: {escape(group.reason)} ({len(group.asked)} to ask, {len(group.taught)} to teach)"


def _to_json(group: Group) -> dict[str, Any]:
    return {"key": group.key, "reason": group.reason, "asked": len(group.asked), "taught": len(group.taught)}
