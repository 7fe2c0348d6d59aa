"""Comparing: evaluated runs side by side on the same held-out rows, and the verdict which is better."""

from backend.comparing.sentences import calls_sentence, correction, reason, rows_sentence, verdict
from backend.comparing.settings import Difference, differences
from backend.comparing.side_by_side import MOST_RUNS, Candidate, Pair, SideBySide, Standing, compare_runs
from backend.comparing.significance import rows_needed

__all__ = [
    "MOST_RUNS",
    "Candidate",
    "Difference",
    "Pair",
    "SideBySide",
    "Standing",
    "calls_sentence",
    "compare_runs",
    "correction",
    "differences",
    "reason",
    "rows_needed",
    "rows_sentence",
    "verdict",
]
