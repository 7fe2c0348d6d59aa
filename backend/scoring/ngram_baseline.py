"""The n-gram baseline: the report of a simple classifier that learns in seconds from the same training rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backend.ngrams import predict_labels
from backend.prompts import PromptFormat
from backend.records import Example, Tool
from backend.scoring.report import Report
from backend.scoring.score import score_rows

MOST_ROWS = 8000
"""Largest number of training rows that the classifier uses, so that it needs only seconds."""
MOST_CALLS = 400
"""Largest number of labels; a rarer call is replaced by the most frequent call of the same tools."""


def ngram_report(
    train: Sequence[Example], test: Sequence[Example], tools: Sequence[Tool], fmt: PromptFormat, seed: int
) -> Report | None:
    """Returns the report of an n-gram classifier on the test rows, or None without rows; its labels are whole calls.

    The classifier can only repeat calls of the training rows, so it is weak if the arguments are free text.
    """
    if not train or not test:
        return None
    used = train[:MOST_ROWS]
    labels = _labels([fmt.completion(row.calls, row.answer) for row in used], [_tools(row) for row in used])
    answers = predict_labels([row.message for row in used], labels, [row.message for row in test], seed)
    return score_rows(test, answers, tools, fmt)


def _labels(calls: Sequence[str], tools: Sequence[str]) -> list[str]:
    """Returns each row's whole call, or the most frequent call of the same tools if its own is rare."""
    ranked = Counter(zip(tools, calls, strict=True)).most_common()
    usual = {tool: call for (tool, call), _ in reversed(ranked)}
    frequent = {call for (_, call), _ in ranked[:MOST_CALLS]}
    return [call if call in frequent else usual[tool] for call, tool in zip(calls, tools, strict=True)]


def _tools(row: Example) -> str:
    return " ".join(sorted(call.name for call in row.calls))
