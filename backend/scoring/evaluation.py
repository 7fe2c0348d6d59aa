"""evaluation.json: one model's report, its base's beside it, and what the difference is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.scoring.intervals import mcnemar
from backend.scoring.report import Report
from backend.scoring.verdict import verdict

SCHEMA = 1
TARGET = 0.85
"""The combined accuracy to reach before shipping: what FunctionGemma's model card reports for Mobile Actions, 85 %."""


def build_evaluation(
    tuned: Report, base: Report | None, meta: Mapping[str, Any], target: float = TARGET
) -> dict[str, Any]:
    """The whole of evaluation.json; `meta` says what was scored. Raises ValueError if the reports' rows differ."""
    return {
        "schema": SCHEMA,
        **meta,
        "verdict": verdict(tuned.combined, target).to_json(),
        "tuned": tuned.to_json(),
        "base": base.to_json() if base else None,
        "mcnemar": paired(base, tuned) if base else None,
    }


def paired(first: Report, second: Report) -> dict[str, Any]:
    """How two models differ on the same rows: what only one got right, and the exact p; raises ValueError."""
    if [row.id for row in first.rows] != [row.id for row in second.rows]:
        raise ValueError("two reports can be paired only on the same rows in the same order")
    together = list(zip(first.rows, second.rows, strict=True))
    worse = sum(one.right and not other.right for one, other in together)
    better = sum(other.right and not one.right for one, other in together)
    return {"worse": worse, "better": better, "p": mcnemar(worse, better)}
