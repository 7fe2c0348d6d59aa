"""What a run's rows can be held against: its base, the classifier, its exported file, other runs with the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from backend.runs import STARTER, read_json
from backend.scoring.beside import beside
from ui.html import text
from ui.page.state import Scene
from ui.services.stages import stamp
from ui.services.summaries import Summary

MOST_RUNS = 30
"""Other runs that are looked at, the newest first."""
BASE, FLOOR, FILE = "base", "floor", "file"


@dataclass(frozen=True, slots=True)
class Other:
    """Another report: `label` in the list of choices, `name` at the head of a sentence."""

    key: str
    label: str
    name: str
    report: Mapping[str, Any]


def others(scene: Scene) -> dict[str, Other]:
    """Everything that the open run's evaluation can be held against, by key."""
    return {other.key: other for other in (*_own(scene), *_runs(scene))}


def with_others(scene: Scene) -> dict[str, Any] | None:
    """The open run's evaluation, and under "others" what it can be held against; None where there is none."""
    return {**scene.evaluation, "others": others(scene)} if scene.evaluation else None


def _own(scene: Scene) -> Iterator[Other]:
    evaluation = scene.evaluation or {}
    if report := evaluation.get("base"):
        untrained = evaluation.get("base_model") == STARTER
        label = "the model before training" if untrained else "the base model"
        yield Other(BASE, label, f"{label[0].upper()}{label[1:]}", report)
    if report := evaluation.get("floor"):
        yield Other(FLOOR, "the n-gram classifier", "The classifier", report)
    verification = scene.verification or {}
    if report := verification.get("accuracy"):
        yield Other(FILE, f"the exported file, {verification.get('file')}", "The exported file", report)


def _runs(scene: Scene) -> Iterator[Other]:
    """Other evaluated runs with at least one of these held-out rows."""
    own = {row["id"] for row in (scene.evaluation or {}).get("tuned", {}).get("rows", [])}
    measured = [summary for summary in scene.runs if summary.accuracy and summary.id != scene.place.run]
    for summary in measured[:MOST_RUNS]:
        path = scene.services.store.root / summary.id / "evaluation.json"
        report = _report(path, stamp(path))
        if report and own & {row["id"] for row in report["rows"]}:
            yield Other(f"run {summary.id}", f"the run {_label(summary)}", f"The run {summary.name}", report)


def _label(summary: Summary) -> str:
    made = datetime.fromisoformat(summary.created)
    accuracy = text.percent((summary.accuracy or {}).get("value"))
    base = summary.base.rstrip("/").rpartition("/")[2]
    return f"{summary.name} · {base} · {accuracy} · {made.day} {made:%b %H:%M}"


@lru_cache(maxsize=2 * MOST_RUNS)
def _report(path: Path, _stamp: tuple[int, int]) -> Mapping[str, Any] | None:
    """The tuned model's report in an evaluation.json, read again only when it was written anew."""
    try:
        report: Mapping[str, Any] = read_json(path)["tuned"]
        return report if _comparable(report) else None
    except Exception:  # noqa: BLE001 - that run's own page says what is wrong with it; this run's page must not fail
        return None


def _comparable(report: Mapping[str, Any]) -> bool:
    """Whether the report can be held against another: it is held against itself."""
    named = all(isinstance(row["id"], str) and isinstance(row["right"], bool) for row in report["rows"])
    return named and beside(report, report) is not None
