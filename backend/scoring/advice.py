"""Advice on the next step, computed from the reports alone."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from backend.document import Field
from backend.records import Call
from backend.scoring.confidence import GOALS, Confidence
from backend.scoring.intervals import mcnemar
from backend.scoring.report import Report, RowResult
from backend.scoring.verdict import verdict

NOTABLE = 0.1
"""A kind of failure gets advice if at least this share of the rows has it."""
MOSTLY = 0.8
"""A tool counts as called for every message if it has at least this share of all calls."""
MOST = 3
"""Largest number of tools, pairs or values in one kind of advice; the worst ones are chosen."""
LITTLE_LOST = 0.2
"""A threshold gets advice if it leaves out less than this share of the held-out rows."""
NGRAM_NAME = "a plain n-gram classifier"
SIGNIFICANT = 0.05
"""Two models on the same rows differ if p is below this value."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommended step; `rows` are the ids of the rows that show the reason."""

    kind: str
    text: str
    rows: tuple[str, ...] = ()

    @classmethod
    def from_field(cls, field: Field) -> Advice:
        """Returns the advice in a field of a document. Raises InputError if a field is damaged."""
        rows = field.optional("rows", Field.list) or ()
        return cls(field["kind"].text(), field["text"].text(), tuple(row.text() for row in rows))

    def to_dict(self) -> dict[str, Any]:
        """Returns the advice as one JSON object."""
        return asdict(self)


def advise(
    tuned: Report,
    others: Mapping[str, Report],
    train_rows: Mapping[str, int],
    target: float,
    confidence: Confidence | None = None,
    spoken: Report | None = None,
) -> tuple[Advice, ...]:
    """Returns the advice that follows from a report, the most important first.

    `others` holds reports on the same rows by name, such as "the base model"; `train_rows` counts each tool's training
    rows; `target` is a combined accuracy from 0 to 1; `spoken` is the report on the same rows as they are spoken.
    """
    if not tuned.n:
        return (Advice("rows", "No held-out rows were scored. Set rows aside before training."),)
    found = [
        *_unreadable(tuned),
        *_as_spoken(tuned, spoken),
        *_one_tool(tuned),
        *_beaten(tuned, others),
        *_weak_tools(tuned, others.get(NGRAM_NAME), train_rows, target),
        *_confused(tuned),
        *_never_learned(tuned),
        *_threshold(tuned, confidence),
        *_undecided(tuned, target),
    ]
    if not any(row.error_class for row in tuned.rows):
        found.insert(0, Advice("done", f"All {tuned.n} held-out rows are right."))
    return tuple(found)


def _unreadable(report: Report) -> Iterator[Advice]:
    for kind, what in (
        ("unparsed", "cannot be parsed on a phone"),
        ("no_call", "have no call although one is expected"),
    ):
        rows = _of_class(report, kind)
        if len(rows) >= NOTABLE * report.n:
            yield Advice(
                kind,
                f"{len(rows)} of {report.n} answers {what} (the first: {rows[0].detail}). The model has not yet "
                "learned to write calls. Train for more epochs, or at a higher learning rate.",
                _ids(rows),
            )


def _as_spoken(tuned: Report, spoken: Report | None) -> Iterator[Advice]:
    if spoken is None:
        return
    pairs = list(zip(tuned.rows, spoken.rows, strict=True))
    lost = [row for row, twin in pairs if row.right and not twin.right]
    won = sum(twin.right and not row.right for row, twin in pairs)
    if len(lost) > won and mcnemar(len(lost), won) < SIGNIFICANT:
        silent = sum(row.error_class == "no_call" for row in spoken.rows)
        yield Advice(
            "as spoken",
            f"In lower case and without punctuation, as speech recognition writes, {spoken.combined.k} of {tuned.n} "
            f"rows are right instead of {tuned.combined.k}, and {silent} get no call. Train again, or add rows that "
            "are written so.",
            _ids(lost),
        )


def _one_tool(report: Report) -> Iterator[Advice]:
    calls = Counter(call.name for row in report.rows for call in row.predicted or ())
    for name, count in calls.most_common(1):
        wanted = report.per_tool[name].support if name in report.per_tool else 0
        if count >= MOSTLY * calls.total() and count >= 2 * max(wanted, 1):
            yield Advice(
                "one tool",
                f"{count} of {calls.total()} calls are of {name}, and {wanted} rows expect it. The model does not yet "
                "distinguish the messages. Train for more epochs, or at a higher learning rate.",
                _ids([row for row in report.rows if not row.right and name in _called(row)]),
            )


def _beaten(tuned: Report, others: Mapping[str, Report]) -> Iterator[Advice]:
    for name, other in others.items():
        worse = [row for row, twin in zip(tuned.rows, other.rows, strict=True) if twin.right and not row.right]
        better = sum(row.right and not twin.right for row, twin in zip(tuned.rows, other.rows, strict=True))
        figures = f"{tuned.combined.k} of {tuned.n} rows right, {name} {other.combined.k}"
        if len(worse) >= better and other.combined.k:
            yield Advice(
                "beaten",
                f"This model is not better than {name}: {figures}. Train longer, or on more and clearer rows.",
                _ids(worse),
            )
        elif mcnemar(len(worse), better) >= SIGNIFICANT and other.combined.k:
            yield Advice(
                "not told apart",
                f"On {tuned.n} rows, the difference from {name} is not significant ({figures}). Test on more rows.",
                _ids(worse),
            )


def _weak_tools(
    report: Report, ngram_baseline: Report | None, train_rows: Mapping[str, int], target: float
) -> Iterator[Advice]:
    weak = [
        (score.support - score.combined.k, name)
        for name, score in report.per_tool.items()
        if score.combined.value is not None and score.combined.value < target
    ]
    usual = median(train_rows.values()) if train_rows else 0
    for _, name in sorted(weak, reverse=True)[:MOST]:
        score, rows = report.per_tool[name], train_rows.get(name, 0)
        learned = ngram_baseline.per_tool[name].combined.k if ngram_baseline else 0
        if learned - score.combined.k >= NOTABLE * score.support:
            remedy = (
                f"{NGRAM_NAME[0].upper()}{NGRAM_NAME[1:]} learns {learned} of them from the same {rows} training rows, "
                "so the rows are good enough. Train longer."
            )
        elif rows < usual:
            remedy = f"It has {rows} training rows, and half of the tools have {math.ceil(usual)} or more. Add rows."
        else:
            remedy = f"It has {rows} training rows. Check whether the labels of its wrong rows contradict each other."
        wrong = [row for row in report.rows if not row.right and name in _tools(row)]
        yield Advice("tool", f"{name}: {score.combined.k} of {score.support} right. {remedy}", _ids(wrong))


def _confused(report: Report) -> Iterator[Advice]:
    pairs = Counter(
        {
            (gold, predicted): count
            for gold, line in report.confusion.items()
            for predicted, count in line.items()
            if gold != predicted and {gold, predicted} <= report.per_tool.keys() and count > 1
        }
    )
    for (gold, predicted), count in pairs.most_common(MOST):
        rows = [row for row in report.rows if gold in _tools(row) and predicted in _called(row)]
        yield Advice(
            "confused",
            f"{gold} is answered with {predicted} {count} times. Add rows that show the difference, or make their "
            "descriptions more distinct.",
            _ids([row for row in rows if not row.right]),
        )


def _never_learned(report: Report) -> Iterator[Advice]:
    seen: dict[tuple[str, str, str], list[RowResult]] = {}
    for row in report.rows:
        for call in row.expected:
            for key, value in call.arguments.items():
                seen.setdefault((call.name, key, json.dumps(value, ensure_ascii=False)), []).append(row)
    never = [(len(rows), place) for place, rows in seen.items() if len(rows) > 1 and not any(row.right for row in rows)]
    for count, place in sorted(never, reverse=True)[:MOST]:
        tool, key, value = place
        yield Advice(
            "value",
            f"{tool} with {key} = {value} is never right (0 of {count}). Add rows that ask for it.",
            _ids(seen[place]),
        )


def _threshold(report: Report, confidence: Confidence | None) -> Iterator[Advice]:
    share = GOALS[0]
    cutoff = confidence.goal(share) if confidence else None
    if confidence is None or cutoff is None or not 0 < confidence.skipped(cutoff) < LITTLE_LOST * confidence.rows:
        return
    skipped = [row for row in report.rows if row.probability is not None and row.probability < cutoff.threshold]
    yield Advice(
        "threshold",
        f"{cutoff.right.k} of {cutoff.right.n} answers with a probability of at least {100 * cutoff.threshold:.10g} % "
        f"are right, which is {share:.0%} or more. An app that asks again below it leaves out {len(skipped)} of "
        f"{confidence.rows} rows. Not every runtime gives an app this probability: see docs/evaluation.md.",
        _ids(skipped),
    )


def _undecided(report: Report, target: float) -> Iterator[Advice]:
    found = verdict(report.combined, target)
    if found.state == "undecided" and found.more_rows:
        yield Advice(
            "undecided",
            f"{report.n} rows cannot show whether the model reaches {target:.0%}. About {found.more_rows} more would.",
        )


def _of_class(report: Report, kind: str) -> list[RowResult]:
    return [row for row in report.rows if row.error_class == kind]


def _tools(row: RowResult) -> set[str]:
    return _names(row.expected)


def _called(row: RowResult) -> set[str]:
    return _names(row.predicted or ())


def _names(calls: Sequence[Call]) -> set[str]:
    return {call.name for call in calls}


def _ids(rows: list[RowResult]) -> tuple[str, ...]:
    return tuple(row.id for row in rows)
