"""Scoring: what counts as right, how often, and how sure that is."""

from __future__ import annotations

from backend.scoring.building import TARGET, build_evaluation, paired
from backend.scoring.call_matching import same_calls
from backend.scoring.evaluation import Evaluation, Setup
from backend.scoring.intervals import Rate, mcnemar, wilson
from backend.scoring.report import Report, RowResult, ToolScore
from backend.scoring.score import score_rows
from backend.scoring.verdict import Verdict, verdict

__all__ = [
    "TARGET",
    "Evaluation",
    "Rate",
    "Report",
    "RowResult",
    "Setup",
    "ToolScore",
    "Verdict",
    "build_evaluation",
    "mcnemar",
    "paired",
    "same_calls",
    "score_rows",
    "verdict",
    "wilson",
]
