"""Scores rows and raw answers into a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from backend.prompts import ParseError, PromptFormat
from backend.records import Example, Tool
from backend.scoring.acceptance import Refusal, refusal
from backend.scoring.arguments import argument_rates
from backend.scoring.call_matching import same_calls, same_tools, with_all_defaults
from backend.scoring.classify import classify
from backend.scoring.intervals import Rate
from backend.scoring.report import NO_CALL, Report, RowResult, ToolScore, confusions, names_of


def score_rows(
    examples: Sequence[Example],
    raw_answers: Sequence[str],
    tools: Sequence[Tool],
    fmt: PromptFormat,
    probabilities: Sequence[float] | None = None,
) -> Report:
    """Scores one raw answer for each example. Raises ValueError if their numbers differ.

    `probabilities` has the one of each whole answer, from 0 to 1, if they are known.
    """
    by_name = {tool.name: tool for tool in tools}
    known = [None] * len(examples) if probabilities is None else probabilities
    triples = zip(examples, raw_answers, known, strict=True)
    rows = tuple(replace(_score(example, raw, by_name, fmt), probability=sure) for example, raw, sure in triples)
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
        missed_call=Rate.of(sum(row.predicted == () for row in wants_call), len(wants_call)),
        per_tool=per_tool,
        per_argument=argument_rates([(row.expected, row.predicted or ()) for row in rows if row.tool_right], by_name),
        macro_combined=sum(supported) / len(supported) if supported else None,
        confusion=_confusion(rows, by_name),
        error_classes=dict(Counter(row.error_class for row in rows if row.error_class is not None).most_common()),
        rows=rows,
        combined_with_defaults=Rate.of(sum(bool(row.right_with_defaults) for row in rows), n),
        refused=Rate.of(sum(row.refusal is not None for row in rows), n),
    )


def _score(example: Example, raw: str, tools: dict[str, Tool], fmt: PromptFormat) -> RowResult:
    expected = tuple(example.calls)
    try:
        predicted = fmt.parse(raw).calls
    except ParseError as error:
        return RowResult(
            example.id, example.line, example.message, expected, None, raw,
            parsed=False, tool_right=False, right=False, right_normalised=False, right_with_defaults=False,
            error_class="unparsed", detail=str(error), refusal=Refusal("unreadable", f"{error}."),
        )  # fmt: skip
    right = same_calls(example.calls, predicted, tools)
    filled = (with_all_defaults(expected, tools), with_all_defaults(predicted, tools))
    error_class, detail = (None, "") if right else classify(example.calls, predicted, tools)
    return RowResult(
        example.id, example.line, example.message, expected, tuple(predicted), raw,
        parsed=True,
        tool_right=same_tools(example.calls, predicted),
        right=right,
        right_normalised=right or same_calls(example.calls, predicted, tools, loose=True),
        right_with_defaults=right or same_calls(*filled, tools),
        error_class=error_class,
        detail=detail,
        refusal=next((found for call in predicted if (found := refusal(call, tools))), None),
    )  # fmt: skip


def _tool_score(name: str, rows: Sequence[RowResult]) -> ToolScore:
    wanted = [row for row in rows if name in names_of(row.expected)]
    called = [row for row in rows if name in names_of(row.predicted)]
    both = sum(name in names_of(row.predicted) for row in wanted)
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
