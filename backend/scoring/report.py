"""The report of a model: its rates over the held-out rows, by tool and by argument, its confusions and every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.document import Field
from backend.records import Call
from backend.scoring.acceptance import Refusal, RefusalKind
from backend.scoring.intervals import Rate

NO_CALL = "no call"
UNPARSED = "unparsed"
UNKNOWN_TOOL = "unknown tool"
RATES = ("parse", "tool", "argument", "combined", "combined_normalised", "false_call", "missed_call")


@dataclass(frozen=True, slots=True)
class RowResult:
    """One scored row; `predicted` is None if the answer could not be parsed.

    `refusal` is the reason if an app would not accept the answer. `probability` is the one that the model gives to the
    whole answer, its stop token included, from 0 to 1; None if it is not known. `right_with_defaults` says whether the
    answer is right if an argument that is left out counts as the schema's default; None in files of earlier versions.
    """

    id: str
    line: int
    message: str
    expected: tuple[Call, ...]
    predicted: tuple[Call, ...] | None
    raw: str
    parsed: bool
    tool_right: bool
    right: bool
    right_normalised: bool
    error_class: str | None
    detail: str
    refusal: Refusal | None = None
    probability: float | None = None
    right_with_defaults: bool | None = None

    @classmethod
    def from_field(cls, field: Field) -> RowResult:
        """Returns the row in a field of a document. Raises InputError if a field is damaged."""
        return cls(
            id=field["id"].text(),
            line=field["line"].count(),
            message=field["message"].text(),
            expected=_calls(field["expected"]),
            predicted=field.optional("predicted", _calls),
            raw=field["raw"].text(),
            parsed=field["parsed"].flag(),
            tool_right=field["tool_right"].flag(),
            right=field["right"].flag(),
            right_normalised=field["right_normalised"].flag(),
            error_class=field.optional("error_class", Field.text),
            detail=field.optional("detail", Field.text) or "",
            refusal=field.optional("refusal", Refusal.from_field),
            probability=field.optional("probability", Field.share),
            right_with_defaults=field.optional("right_with_defaults", Field.flag),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the row as one JSON object."""
        return {
            "id": self.id,
            "line": self.line,
            "message": self.message,
            "expected": [call.to_dict() for call in self.expected],
            "predicted": None if self.predicted is None else [call.to_dict() for call in self.predicted],
            "raw": self.raw,
            "parsed": self.parsed,
            "tool_right": self.tool_right,
            "right": self.right,
            "right_normalised": self.right_normalised,
            "error_class": self.error_class,
            "detail": self.detail,
            **({"refusal": self.refusal.to_dict()} if self.refusal else {}),
            **({} if self.probability is None else {"probability": self.probability}),
            **({} if self.right_with_defaults is None else {"right_with_defaults": self.right_with_defaults}),
        }


@dataclass(frozen=True, slots=True)
class ToolScore:
    """The scores of one tool; `support` counts the rows that expect it, and the rates count rows."""

    support: int
    recall: Rate
    precision: Rate
    combined: Rate

    @classmethod
    def from_field(cls, field: Field) -> ToolScore:
        """Returns the scores in a field of a document. Raises InputError if a field is damaged."""
        rates = (Rate.from_field(field[name]) for name in ("recall", "precision", "combined"))
        return cls(field["support"].count(), *rates)

    def to_dict(self) -> dict[str, Any]:
        """Returns the scores as one JSON object."""
        return {
            "support": self.support,
            "recall": self.recall.to_dict(),
            "precision": self.precision.to_dict(),
            "combined": self.combined.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one model on `n` held-out rows; `macro_combined` is the mean over tools with support, or None.

    `refused` is the rate of answers that an app would not accept, and `combined_with_defaults` is `combined` if an
    argument that is left out counts as its default; both are None in files of earlier versions.
    """

    n: int
    parse: Rate
    tool: Rate
    argument: Rate
    combined: Rate
    combined_normalised: Rate
    false_call: Rate
    missed_call: Rate
    per_tool: Mapping[str, ToolScore]
    per_argument: Mapping[str, Mapping[str, Rate]]
    macro_combined: float | None
    confusion: Mapping[str, Mapping[str, int]]
    error_classes: Mapping[str, int]
    rows: tuple[RowResult, ...]
    refused: Rate | None = None
    combined_with_defaults: Rate | None = None

    @property
    def refusals(self) -> Mapping[RefusalKind, int]:
        """The number of refused answers of each kind, most first."""
        return dict(Counter(row.refusal.kind for row in self.rows if row.refusal is not None).most_common())

    def refusal_sentence(self) -> str:
        """Returns one sentence on the answers that an app would not accept; empty if they were not counted."""
        rate = self.refused
        if rate is None or rate.low is None or rate.high is None:
            return ""
        if not rate.k:
            return f"An app with the Android kit refuses none of {rate.n:,} answers."
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.refusals.items())
        interval = f"{100 * rate.low:.1f}–{100 * rate.high:.1f} %"
        return f"An app with the Android kit refuses {rate.k:,} of {rate.n:,} answers ({interval}): {kinds}."

    @classmethod
    def from_field(cls, field: Field) -> Report:
        """Returns the report in a field of a document. Raises InputError if a field is damaged."""
        arguments = field.optional("per_argument", Field.items) or {}
        return cls(
            n=field["n"].count(),
            **{name: Rate.from_field(field[name]) for name in RATES},
            per_tool={name: ToolScore.from_field(score) for name, score in field["per_tool"].items().items()},
            per_argument={
                tool: {name: Rate.from_field(rate) for name, rate in found.items().items()}
                for tool, found in arguments.items()
            },
            macro_combined=field.optional("macro_combined", Field.share),
            confusion={gold: _counts(line) for gold, line in field["confusion"].items().items()},
            error_classes=_counts(field["error_classes"]),
            rows=tuple(map(RowResult.from_field, field["rows"].list())),
            refused=field.optional("refused", Rate.from_field),
            combined_with_defaults=field.optional("combined_with_defaults", Rate.from_field),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as one JSON object, a part of evaluation.json."""
        return {
            "n": self.n,
            **{name: getattr(self, name).to_dict() for name in RATES},
            "per_tool": {name: score.to_dict() for name, score in self.per_tool.items()},
            "per_argument": {
                tool: {name: rate.to_dict() for name, rate in found.items()}
                for tool, found in self.per_argument.items()
            },
            "macro_combined": self.macro_combined,
            "confusion": {gold: dict(line) for gold, line in self.confusion.items()},
            "error_classes": dict(self.error_classes),
            **({"refused": self.refused.to_dict()} if self.refused else {}),
            **(
                {"combined_with_defaults": self.combined_with_defaults.to_dict()} if self.combined_with_defaults else {}
            ),
            "rows": [row.to_dict() for row in self.rows],
        }


def confusions(row: RowResult, tools: Collection[str]) -> list[tuple[str, str]]:
    """Returns (expected, predicted) for each expected tool: the same tool if it was called, else an unmatched one."""
    gold = names_of(row.expected) or [NO_CALL]
    if row.predicted is None:
        return [(name, UNPARSED) for name in gold]
    left = Counter(name if name in tools else UNKNOWN_TOOL for name in names_of(row.predicted))
    matched = Counter(gold) & left
    unmatched = list((left - matched).elements())
    pairs = [(name, name) for name in matched.elements()]
    for name in (Counter(gold) - matched).elements():
        pairs.append((name, unmatched.pop(0) if unmatched else NO_CALL))
    return pairs


def names_of(calls: Sequence[Call] | None) -> list[str]:
    """Returns the names of the called tools, in order."""
    return [call.name for call in calls or ()]


def _calls(field: Field) -> tuple[Call, ...]:
    return tuple(Call(call["name"].text(), call["arguments"].mapping()) for call in field.list())


def _counts(field: Field) -> dict[str, int]:
    return {name: count.count() for name, count in field.items().items()}
