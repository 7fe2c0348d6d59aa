"""evaluation.json: one model's report, its base's beside it, and what the difference is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.runs.config import STARTER
from backend.scoring.advice import FLOOR_NAME, advise
from backend.scoring.intervals import mcnemar
from backend.scoring.report import Report
from backend.scoring.verdict import verdict

SCHEMA = 1
BASE_NAME, UNTRAINED_NAME = "the base model", "the model before training"
"""What stands beside a fine-tuned model, and beside a starter, which has no base."""
TARGET = 0.85
"""The combined accuracy to reach before shipping: what FunctionGemma's model card reports for Mobile Actions, 85 %."""


def build_evaluation(
    tuned: Report,
    base: Report | None,
    meta: Mapping[str, Any],
    target: float = TARGET,
    *,
    floor: Report | None = None,
    probes: Mapping[str, Report] | None = None,
    train_rows: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The whole of evaluation.json; `meta` says what was scored. Raises ValueError if the reports' rows differ.

    `floor` is the n-gram classifier's report, `probes` the tuned model's on changed rows, by probe; `train_rows` counts
    each tool's training rows, where they are known.
    """
    pairs = {"mcnemar": base, "floor_mcnemar": floor}
    compared = {key: paired(report, tuned) if report else None for key, report in pairs.items()}
    name = UNTRAINED_NAME if meta.get("base_model") == STARTER else BASE_NAME
    others = {name: report for name, report in ((name, base), (FLOOR_NAME, floor)) if report}
    return {
        "schema": SCHEMA,
        **meta,
        "verdict": verdict(tuned.combined, target).to_json(),
        "advice": [one.to_json() for one in advise(tuned, others, train_rows or {}, target)],
        "tuned": tuned.to_json(),
        "base": base.to_json() if base else None,
        "floor": floor.to_json() if floor else None,
        **compared,
        "probes": {name: _probe(report, tuned) for name, report in (probes or {}).items()},
    }


def _probe(report: Report, tuned: Report) -> dict[str, Any]:
    """A probe's rates, and how it differs from the unchanged rows."""
    return {
        "tool": report.tool.to_json(),
        "combined": report.combined.to_json(),
        "mcnemar": paired(tuned, report),
        "broken": [row.id for row, twin in zip(tuned.rows, report.rows, strict=True) if row.right and not twin.right],
    }


def paired(first: Report, second: Report) -> dict[str, Any]:
    """How two models differ on the same rows: what only one got right, and the exact p; raises ValueError."""
    if [row.id for row in first.rows] != [row.id for row in second.rows]:
        raise ValueError("two reports can be paired only on the same rows in the same order")
    together = list(zip(first.rows, second.rows, strict=True))
    worse = sum(one.right and not other.right for one, other in together)
    better = sum(other.right and not one.right for one, other in together)
    return {"worse": worse, "better": better, "p": mcnemar(worse, better)}
