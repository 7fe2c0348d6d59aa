"""The honest floor: what a classifier learns in seconds from the rows that the model was trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backend.ngrams import predict_labels
from backend.prompts import PromptFormat
from backend.records import Example, Tool
from backend.scoring.report import Report
from backend.scoring.score import score_rows

MOST_ROWS = 8000
"""Training rows it learns from at most, so that it stays a matter of seconds."""
MOST_CALLS = 400
"""Different calls it tells apart at most; a rarer call is learned as the most frequent one of the same tools."""


def ngram_report(
    train: Sequence[Example], test: Sequence[Example], tools: Sequence[Tool], fmt: PromptFormat, seed: int
) -> Report | None:
    """The report of an n-gram classifier over the training rows' whole calls, on the test rows; None without rows.

    It can only repeat calls that it has seen, so a set whose arguments are open words leaves it far behind.
    """
    if not train or not test:
        return None
    seen = train[:MOST_ROWS]
    labels = _labels([fmt.completion(row.calls, row.answer) for row in seen], [_tools(row) for row in seen])
    answers = predict_labels([row.message for row in seen], labels, [row.message for row in test], seed)
    return score_rows(test, answers, tools, fmt)


def _labels(calls: Sequence[str], tools: Sequence[str]) -> list[str]:
    """Each row's whole call, or the most frequent call of the same tools where its own is among the rare ones."""
    ranked = Counter(zip(tools, calls, strict=True)).most_common()
    usual = {tool: call for (tool, call), _ in reversed(ranked)}
    kept = {call for (_, call), _ in ranked[:MOST_CALLS]}
    return [call if call in kept else usual[tool] for call, tool in zip(calls, tools, strict=True)]


def _tools(row: Example) -> str:
    return " ".join(sorted(call.name for call in row.calls))
