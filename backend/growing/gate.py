"""The gate: each row that a teacher wrote is checked before it counts, and a refused row has a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from backend.data.similarity import NearIndex, find_templates
from backend.growing.answers import WrittenRow
from backend.growing.kinds import OFF_TOPIC
from backend.growing.material import Material
from backend.growing.orders import Order
from backend.growing.values import value_key
from backend.ngrams import predict_labels
from backend.off_topic import Message, Relation
from backend.records import Call
from backend.scoring import same_calls

Reason = Literal[
    "rule", "held-out", "repeated", "too many", "other call", "template", "asked for", "other label", "no label"
]
REASONS: Mapping[Reason, str] = {
    "rule": "a rule of the check finds a problem",
    "held-out": "nearly equal to a held-out row",
    "repeated": "nearly equal to another row",
    "too many": "more rows than the plan has",
    "other call": "not the call that the plan asks for",
    "template": "one sentence with different words in it",
    "asked for": "an off-topic message that the tools might answer",
    "other label": "labelled differently without seeing the label",
    "no label": "no second label",
}
SEED = 42
MOST_OF_TEMPLATE, FEWEST_WORDS = 5, 3
"""The rows of one template that are kept, and the words that it has at least beside its blank.

Of 1,300 rows that a large model wrote sentence by sentence, this refuses 10 (2026-11-28).
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """A written row and the decision: `reason` is None if it is kept, `order` the position of its order in the plan.

    `detail` explains the reason. `doubt` is the label that the n-gram classifier expects, if it is another one.
    `labelled_twice` says whether a second label was compared.
    """

    row: WrittenRow
    order: int | None
    reason: Reason | None = None
    detail: str = ""
    doubt: str = ""
    labelled_twice: bool = False

    def refused(self, reason: Reason, detail: str = "") -> Judged:
        """Returns the decision to refuse the row."""
        return replace(self, reason=reason, detail=detail)


class Gate:
    """Decides on written rows one request after another; kept rows count for all later decisions."""

    def __init__(self, material: Material, orders: Sequence[Order]) -> None:
        self._material = material
        self._orders = orders
        self._relation = Relation(material.tools, material.given)
        self._held_out, self._known = NearIndex(), NearIndex()
        for index, rows in ((self._held_out, material.held_out), (self._known, material.train)):
            for row in rows:
                index.add(row.message)
        self._names = [row.message for row in material.train]
        self._kept: dict[int, WrittenRow] = {}

    @property
    def kept(self) -> Mapping[int, WrittenRow]:
        """The kept rows, by the position of their order."""
        return self._kept

    def sift(self, rows: Sequence[WrittenRow], asked: Sequence[int]) -> list[Judged]:
        """Returns a decision for each row of an answer to the orders at `asked`, without a second label yet."""
        problems = self._material.problems([(row.message, row.calls) for row in rows])
        index, free = _Seen(self._held_out, self._known, self._names), [at for at in asked if at not in self._kept]
        sifted = []
        for row, problem in zip(rows, problems, strict=True):
            order = self._order_of(row, asked, free)
            judged = self._sifted(Judged(row, order), problem, index, asked)
            if judged.reason is None and order is not None:
                free.remove(order)
                index.add(row.message)
            sifted.append(judged)
        return self._without_templates(sifted)

    def settle(self, sifted: Sequence[Judged], labels: Mapping[int, tuple[Call, ...]] | None) -> list[Judged]:
        """Returns the final decisions, and remembers the kept rows.

        `labels` are the second labels by number, from 1 over the rows that `sift` refused not; None if there are none.
        """
        passed = [judged for judged in sifted if judged.reason is None]
        doubts = self._doubts([judged.row for judged in passed])
        numbers = {id(judged): number for number, judged in enumerate(passed, 1)}
        settled = []
        for judged in sifted:
            if judged.reason is None:
                number = numbers[id(judged)]
                judged = self._labelled(judged, labels, number)
                judged = replace(judged, doubt=doubts[number - 1])
            settled.append(judged)
        self.remember(settled)
        return settled

    def remember(self, settled: Sequence[Judged]) -> None:
        """Counts the kept rows of an earlier decision."""
        for judged in settled:
            if judged.reason is None and judged.order is not None:
                self._kept[judged.order] = judged.row
                self._known.add(judged.row.message)
                self._names.append(judged.row.message)

    def _order_of(self, row: WrittenRow, asked: Sequence[int], free: Sequence[int]) -> int | None:
        """Returns the order with the row's number; if it has none or it is taken, a free one that the row fulfils."""
        own = asked[row.number - 1] if row.number is not None and row.number <= len(asked) else None
        if own in free:
            return own
        return next((at for at in free if not _deviation(row, self._orders[at])), None)

    def _sifted(self, judged: Judged, problem: str, seen: _Seen, asked: Sequence[int]) -> Judged:
        row, order = judged.row, judged.order
        if problem:
            return judged.refused("rule", problem)
        if near := seen.near(row.message):
            return judged.refused(*near)
        if order is None:
            return judged.refused("too many", f"{len(asked)} rows were asked for")
        if deviation := _deviation(row, self._orders[order]):
            return judged.refused("other call", deviation)
        if self._orders[order].kind == OFF_TOPIC:
            related = self._relation.select([Message(row.message, "request")]).left_out
            return judged.refused("asked for", related[0].reason) if related else judged
        return judged

    def _without_templates(self, sifted: list[Judged]) -> list[Judged]:
        """Refuses the rows of a template after the first few, counting those that are kept already."""
        passed = [at for at, judged in enumerate(sifted) if judged.reason is None]
        rows = [*self._kept.values(), *(sifted[at].row for at in passed)]
        labels = [value_key([[call.name, call.arguments] for call in row.calls]) for row in rows]
        kept = len(self._kept)
        for template in find_templates([row.message for row in rows], labels):
            if len(template.text.split()) <= FEWEST_WORDS:
                continue
            for at in sorted(template.fillers)[MOST_OF_TEMPLATE:]:
                if at >= kept:
                    sifted[passed[at - kept]] = sifted[passed[at - kept]].refused("template", template.text)
        return sifted

    def _labelled(self, judged: Judged, labels: Mapping[int, tuple[Call, ...]] | None, number: int) -> Judged:
        if labels is None:
            return judged
        label = labels.get(number)
        if label is None:
            return judged.refused("no label")
        if not same_calls(judged.row.calls, label, self._material.by_name):
            return judged.refused("other label", calls_text(label))
        return replace(judged, labelled_twice=True)

    def _doubts(self, rows: Sequence[WrittenRow]) -> list[str]:
        """Returns the tools that the n-gram classifier expects for each row; empty if they are the row's own."""
        train = self._material.given
        if not rows or not train:
            return [""] * len(rows)
        known = [_tools_called(row.calls) for row in train]
        expected = predict_labels([row.message for row in train], known, [row.message for row in rows], SEED)
        own = [_tools_called(row.calls) for row in rows]
        return ["" if one == other else one for one, other in zip(expected, own, strict=True)]


class _Seen:
    """The indexes of known messages, and the messages of one answer."""

    def __init__(self, held_out: NearIndex, known: NearIndex, names: Sequence[str]) -> None:
        self._held_out, self._known, self._names = held_out, known, names
        self._new, self._new_names = NearIndex(), list[str]()

    def add(self, message: str) -> None:
        self._new.add(message)
        self._new_names.append(message)

    def near(self, message: str) -> tuple[Reason, str] | None:
        """Returns why a message is refused as a near-duplicate; the text of a held-out row is not told."""
        if self._held_out.find(message):
            return "held-out", ""
        for index, names in ((self._known, self._names), (self._new, self._new_names)):
            if found := index.find(message):
                return "repeated", names[found[0]]
        return None


def _deviation(row: WrittenRow, order: Order) -> str:
    """Returns how a row's calls differ from its order; empty if they do not."""
    if not order.tool:
        return f"no call was asked for, and it calls {calls_text(row.calls)}" if row.calls else ""
    if [call.name for call in row.calls] != [order.tool]:
        return f"{order.tool} was asked for, and it calls {calls_text(row.calls)}"
    arguments = row.calls[0].arguments
    for name, value in order.arguments.items():
        if name not in arguments or value_key(arguments[name]) != value_key(value):
            return f"{name} {value_key(value)} was asked for, and it has {value_key(arguments.get(name))}"
    extra = [name for name in order.without if name in arguments]
    return f"it has {extra[0]}, which was to be left out" if extra else ""


def _tools_called(calls: Sequence[Call]) -> str:
    return " + ".join(sorted(call.name for call in calls)) or "no call"


def calls_text(calls: Sequence[Call]) -> str:
    """Returns calls as one short line."""
    shown = ", ".join(f"{call.name}({value_key(call.arguments)[1:-1]})" for call in calls) or "nothing"
    return shown if len(shown) <= 200 else shown[:199] + "…"
