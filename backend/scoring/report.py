"""From rows and raw answers to a report: the three accuracies, per tool, the confusions, every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from backend.prompts import ParseError, PromptFormat
from backend.records import Call, Example, Tool
from backend.scoring.arguments import argument_rates
from backend.scoring.classify import classify
from backend.scoring.compare import same_calls, same_tools
from backend.scoring.intervals import Rate

NO_CALL = "no call"
UNPARSED = "unparsed"
UNKNOWN_TOOL = "unknown tool"


@dataclass(frozen=True, slots=True)
class RowResult:
    """One scored row; `predicted` is None where the answer could not be parsed."""

    id: str
    line: int
    message: str
    expected: list[dict[str, Any]]
    predicted: list[dict[str, Any]] | None
    raw: str
    parsed: bool
    tool_right: bool
    right: bool
    right_normalised: bool
    error_class: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class ToolScore:
    """One tool's scores: `support` counts the rows that expect it; the rates count rows."""

    support: int
    recall: Rate
    precision: Rate
    combined: Rate

    def to_json(self) -> dict[str, Any]:
        """The scores as one JSON object."""
        return {
            "support": self.support,
            "recall": self.recall.to_json(),
            "precision": self.precision.to_json(),
            "combined": self.combined.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """How one model did on `n` held-out rows; `macro_combined` is the mean over the tools with support, or None."""

    n: int
    parse: Rate
    tool: Rate
    argument: Rate
    combined: Rate
    combined_normalised: Rate
    false_call: Rate
    missed_call: Rate
    per_tool: dict[str, ToolScore]
    per_argument: dict[str, dict[str, Rate]]
    macro_combined: float | None
    confusion: dict[str, dict[str, int]]
    error_classes: dict[str, int]
    rows: tuple[RowResult, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object, as it stands in evaluation.json."""
        rates = ("parse", "tool", "argument", "combined", "combined_normalised", "false_call", "missed_call")
        return {
            "n": self.n,
            **{name: getattr(self, name).to_json() for name in rates},
            "per_tool": {name: score.to_json() for name, score in self.per_tool.items()},
            "per_argument": {
                tool: {name: rate.to_json() for name, rate in found.items()}
                for tool, found in self.per_argument.items()
            },
            "macro_combined": self.macro_combined,
            "confusion": self.confusion,
            "error_classes": self.error_classes,
            "rows": [asdict(row) for row in self.rows],
        }


def score_rows(
    examples: Sequence[Example], raw_answers: Sequence[str], tools: Sequence[Tool], fmt: PromptFormat
) -> Report:
    """Score one raw answer for each example; raises ValueError where their numbers differ."""
    by_name = {tool.name: tool for tool in tools}
    pairs = list(zip(examples, raw_answers, strict=True))
    rows = tuple(_score(example, raw, by_name, fmt) for example, raw in pairs)
    n = len(rows)
    right_tools = sum(row.tool_right for row in rows)
    right = sum(row.right for row in rows)
    wants_call = [row for row in rows if row.expected]
    wants_none = [row for row in rows if not row.expected]
    per_tool = {tool.name: _tool_score(tool.name, rows) for tool in tools}
    supported = [score.combined.value for score in per_tool.values() if score.combined.value is not None]
    return Report(
        n=n,
        parse=Rate.of(sum(row.parsed for row in rows), n),
        tool=Rate.of(right_tools, n),
        argument=Rate.of(right, right_tools),
        combined=Rate.of(right, n),
        combined_normalised=Rate.of(sum(row.right_normalised for row in rows), n),
        false_call=Rate.of(sum(bool(row.predicted) for row in wants_none), len(wants_none)),
        missed_call=Rate.of(sum(row.predicted == [] for row in wants_call), len(wants_call)),
        per_tool=per_tool,
        per_argument=argument_rates([_calls(row) for row in rows if row.tool_right], by_name),
        macro_combined=sum(supported) / len(supported) if supported else None,
        confusion=_confusion(rows, by_name),
        error_classes=dict(Counter(row.error_class for row in rows if row.error_class is not None).most_common()),
        rows=rows,
    )


def _score(example: Example, raw: str, tools: dict[str, Tool], fmt: PromptFormat) -> RowResult:
    expected = [call.to_dict() for call in example.calls]
    try:
        predicted = fmt.parse(raw).calls
    except ParseError as error:
        return RowResult(
            example.id, example.line, example.message, expected, None, raw,
            parsed=False, tool_right=False, right=False, right_normalised=False,
            error_class="unparsed", detail=str(error),
        )  # fmt: skip
    right = same_calls(example.calls, predicted, tools)
    error_class, detail = (None, "") if right else classify(example.calls, predicted, tools)
    return RowResult(
        example.id, example.line, example.message, expected, [call.to_dict() for call in predicted], raw,
        parsed=True,
        tool_right=same_tools(example.calls, predicted),
        right=right,
        right_normalised=right or same_calls(example.calls, predicted, tools, loose=True),
        error_class=error_class,
        detail=detail,
    )  # fmt: skip


def _calls(row: RowResult) -> tuple[list[Call], list[Call]]:
    return ([Call(**one) for one in row.expected], [Call(**one) for one in row.predicted or []])


def _names(calls: list[dict[str, Any]] | None) -> list[str]:
    return [call["name"] for call in calls or []]


def _tool_score(name: str, rows: Sequence[RowResult]) -> ToolScore:
    wanted = [row for row in rows if name in _names(row.expected)]
    called = [row for row in rows if name in _names(row.predicted)]
    both = sum(name in _names(row.predicted) for row in wanted)
    return ToolScore(
        support=len(wanted),
        recall=Rate.of(both, len(wanted)),
        precision=Rate.of(both, len(called)),
        combined=Rate.of(sum(row.right for row in wanted), len(wanted)),
    )


def _confusion(rows: Sequence[RowResult], tools: dict[str, Tool]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for gold, predicted in confusions(row, tools):
            counts.setdefault(gold, Counter())[predicted] += 1
    order = [*tools, NO_CALL]
    return {gold: dict(counts[gold]) for gold in order if gold in counts}


def confusions(row: RowResult, tools: Collection[str]) -> list[tuple[str, str]]:
    """Each expected tool beside what was predicted for it: the same tool where it was called, else what is left."""
    gold = _names(row.expected) or [NO_CALL]
    if row.predicted is None:
        return [(name, UNPARSED) for name in gold]
    left = Counter(name if name in tools else UNKNOWN_TOOL for name in _names(row.predicted))
    matched = Counter(gold) & left
    spare = list((left - matched).elements())
    pairs = [(name, name) for name in matched.elements()]
    for name in (Counter(gold) - matched).elements():
        pairs.append((name, spare.pop(0) if spare else NO_CALL))
    return pairs
