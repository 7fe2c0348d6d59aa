"""Writes the scored rows as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from backend.data.csv import inert
from backend.records import Call
from backend.scoring.evaluation import Evaluation
from backend.scoring.report import Report, RowResult

COLUMNS = (
    "id",
    "line",
    "message",
    "expected",
    "predicted",
    "right",
    "error_class",
    "detail",
    "tool_right",
    "right_normalised",
    "right_with_defaults",
    "base_predicted",
    "base_right",
    "floor_predicted",
    "floor_right",
    "raw",
    "refusal",
    "probability",
)


def rows_csv(evaluation: Evaluation) -> str:
    """Returns every row of an evaluation as CSV, with the answers of the tuned model, its base and the n-gram baseline.

    Calls are JSON in their cells. A cell that a spreadsheet would run as a formula starts with an apostrophe.
    """
    twins = {"base": _by_id(evaluation.base), "floor": _by_id(evaluation.ngram_baseline)}
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in evaluation.tuned.rows:
        values = {**row.to_dict(), "expected": _json(row.expected), "predicted": _json(row.predicted)}
        values |= {"refusal": row.refusal.reason if row.refusal else "", "probability": row.probability}
        values |= {"right_with_defaults": row.right_with_defaults}
        for name, rows in twins.items():
            twin = rows.get(row.id)
            values[f"{name}_predicted"] = _json(twin.predicted) if twin else ""
            values[f"{name}_right"] = twin.right if twin else ""
        writer.writerow([_cell(values[column]) for column in COLUMNS])
    return out.getvalue()


def _by_id(report: Report | None) -> Mapping[str, RowResult]:
    return {row.id: row for row in report.rows} if report else {}


def _json(calls: Sequence[Call] | None) -> str:
    """Returns the calls of an answer as JSON, or an empty text if the answer could not be parsed."""
    return "" if calls is None else json.dumps([call.to_dict() for call in calls], ensure_ascii=False)


def _cell(value: object) -> str:
    return inert("" if value is None else str(value).lower() if isinstance(value, bool) else str(value))
