"""The result of a model on messages that no tool should answer: how often it calls a tool all the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from backend.document import Field
from backend.off_topic import KINDS, Message, Selection
from backend.scoring.intervals import Rate
from backend.scoring.report import Report, RowResult


@dataclass(frozen=True, slots=True)
class OffTopicRow:
    """One off-topic message and its answer; `topic` and `language` are empty where the message has none."""

    kind: str
    topic: str
    language: str
    answer: RowResult

    @property
    def called(self) -> bool:
        """Whether the answer calls a tool."""
        return bool(self.answer.predicted)

    @classmethod
    def from_field(cls, field: Field) -> OffTopicRow:
        """Returns the row in a field of a document. Raises InputError if a field is damaged."""
        return cls(
            field["kind"].word(KINDS), field["topic"].text(), field["language"].text(), RowResult.from_field(field)
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the row as one JSON object."""
        return {"kind": self.kind, "topic": self.topic, "language": self.language, **self.answer.to_dict()}


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """Messages that were not asked: `key` is what --put-back takes, `reason` a phrase, `texts` the messages."""

    key: str
    reason: str
    texts: tuple[str, ...]

    @classmethod
    def from_field(cls, field: Field) -> LeftOutGroup:
        """Returns the group in a field of a document. Raises InputError if a field is damaged."""
        return cls(field["key"].text(), field["reason"].text(), tuple(one.text() for one in field["texts"].list()))


@dataclass(frozen=True, slots=True)
class OffTopic:
    """The answers to off-topic messages.

    `calls` is the rate of answers that call a tool, `undeclared` of those that call a tool that is not declared, and
    `unreadable` of those that an app cannot read. `by_kind` and `by_language` have the rate of calls.
    """

    calls: Rate
    undeclared: Rate
    unreadable: Rate
    by_kind: Mapping[str, Rate]
    by_language: Mapping[str, Rate]
    rows: tuple[OffTopicRow, ...]
    left_out: tuple[LeftOutGroup, ...] = ()

    @property
    def called(self) -> tuple[OffTopicRow, ...]:
        """The rows whose answers call a tool."""
        return tuple(row for row in self.rows if row.called)

    @classmethod
    def of(cls, rows: Sequence[OffTopicRow], left_out: Iterable[LeftOutGroup] = ()) -> OffTopic:
        """Returns the rates of these rows."""
        answers = [row.answer for row in rows]
        return cls(
            calls=_rate(rows),
            undeclared=Rate.of(sum(answer.error_class == "unknown_tool" for answer in answers), len(rows)),
            unreadable=Rate.of(sum(not answer.parsed for answer in answers), len(rows)),
            by_kind=_rates(rows, lambda row: row.kind),
            by_language=_rates([row for row in rows if row.language], lambda row: row.language),
            rows=tuple(rows),
            left_out=tuple(left_out),
        )

    @classmethod
    def from_field(cls, field: Field) -> OffTopic:
        """Returns the result in a field of a document. Raises InputError if a field is damaged."""
        left_out = field.optional("left_out", Field.list) or ()
        return cls(
            calls=Rate.from_field(field["calls"]),
            undeclared=Rate.from_field(field["undeclared"]),
            unreadable=Rate.from_field(field["unreadable"]),
            by_kind={kind: Rate.from_field(rate) for kind, rate in field["by_kind"].items().items()},
            by_language={code: Rate.from_field(rate) for code, rate in field["by_language"].items().items()},
            rows=tuple(map(OffTopicRow.from_field, field["rows"].list())),
            left_out=tuple(map(LeftOutGroup.from_field, left_out)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as one JSON object, a part of evaluation.json."""
        return {
            "calls": self.calls.to_dict(),
            "undeclared": self.undeclared.to_dict(),
            "unreadable": self.unreadable.to_dict(),
            "by_kind": {kind: rate.to_dict() for kind, rate in self.by_kind.items()},
            "by_language": {code: rate.to_dict() for code, rate in self.by_language.items()},
            "left_out": [asdict(group) for group in self.left_out],
            "rows": [row.to_dict() for row in self.rows],
        }


def off_topic_result(selection: Selection, report: Report) -> OffTopic:
    """Returns the result for the messages of a selection; `report` has their answers, in the same order."""
    pairs: Iterable[tuple[Message, RowResult]] = zip(selection.messages, report.rows, strict=True)
    rows = [OffTopicRow(message.kind, message.topic, message.language, answer) for message, answer in pairs]
    groups = (
        LeftOutGroup(group.key, group.reason, tuple(message.text for message in group.messages))
        for group in selection.left_out
    )
    return OffTopic.of(rows, groups)


def _rate(rows: Sequence[OffTopicRow]) -> Rate:
    return Rate.of(sum(row.called for row in rows), len(rows))


def _rates(rows: Sequence[OffTopicRow], name: Callable[[OffTopicRow], str]) -> dict[str, Rate]:
    grouped: dict[str, list[OffTopicRow]] = defaultdict(list)
    for row in rows:
        grouped[name(row)].append(row)
    order = Counter(map(name, rows)).most_common()
    return {key: _rate(grouped[key]) for key, _ in order}
