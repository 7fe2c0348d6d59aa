"""The models to compare a run with: its base, the classifier, its exported file, other runs with the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backend.runs import STARTER
from backend.scoring import Evaluation, Report
from ui.html import text
from ui.page import PageState, readable
from ui.services import Summary, scored_at

MOST_RUNS = 30
"""The number of other runs that are read, newest first."""
BASE, NGRAM, FILE = "base", "floor", "file"


@dataclass(frozen=True, slots=True)
class Other:
    """Another model's report: `label` is for the list of choices, `name` for the start of a sentence."""

    key: str
    label: str
    name: str
    report: Report


@dataclass(frozen=True, slots=True)
class Results:
    """The open run's evaluation, and the models to compare it with, by key."""

    evaluation: Evaluation
    others: Mapping[str, Other] = field(default_factory=dict)


def others(page_state: PageState) -> dict[str, Other]:
    """Every model that the open run's evaluation can be compared with, by key."""
    return {other.key: other for other in (*_own(page_state), *_runs(page_state))}


def with_others(page_state: PageState) -> Results | None:
    """The open run's evaluation and the models to compare it with; None if there is no evaluation."""
    return Results(page_state.evaluation, others(page_state)) if page_state.evaluation else None


def _own(page_state: PageState) -> Iterator[Other]:
    evaluation, verification = page_state.evaluation, readable(lambda: page_state.verification)
    if evaluation and evaluation.base:
        untrained = evaluation.setup.base_model == STARTER
        label = "the model before training" if untrained else "the base model"
        yield Other(BASE, label, f"{label[0].upper()}{label[1:]}", evaluation.base)
    if evaluation and evaluation.ngram_baseline:
        yield Other(NGRAM, "the n-gram classifier", "The classifier", evaluation.ngram_baseline)
    if verification and verification.accuracy:
        yield Other(FILE, f"the exported file, {verification.file}", "The exported file", verification.accuracy)


def _runs(page_state: PageState) -> Iterator[Other]:
    """Other evaluated runs with at least one of these held-out rows."""
    own = {row.id for row in page_state.evaluation.tuned.rows} if page_state.evaluation else set()
    measured = [summary for summary in page_state.runs if summary.accuracy and summary.id != page_state.location.run]
    for summary in measured[:MOST_RUNS]:
        found = scored_at(page_state.services.store.root / summary.id / "evaluation.json")
        if found and own & {row.id for row in found.report.rows}:
            yield Other(f"run {summary.id}", f"the run {_label(summary)}", f"The run {summary.name}", found.report)


def _label(summary: Summary) -> str:
    made = datetime.fromisoformat(summary.created)
    accuracy = text.percent(summary.accuracy.value if summary.accuracy else None)
    base = summary.base.rstrip("/").rpartition("/")[2]
    return f"{summary.name} · {base} · {accuracy} · {made.day} {made:%b %H:%M}"
