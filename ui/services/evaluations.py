"""Reads the evaluations of runs; the scored rows are read again only if their file changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backend.comparing import Candidate
from backend.errors import InputError
from backend.scoring import Evaluation, OffTopicRow, Report
from ui.services.stages import stamp

MOST_KEPT = 60
"""The number of runs whose rows are kept in memory."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The rows of an evaluated run: the tuned model's report, and its answers to off-topic messages."""

    report: Report
    off_topic: tuple[OffTopicRow, ...]


def evaluation_at(path: Path) -> Evaluation | None:
    """The evaluation in a file; None if there is none or it is damaged, which the Evaluate step reports."""
    try:
        return Evaluation.read(path) if path.is_file() else None
    except (InputError, OSError):
        return None


def scored_at(path: Path) -> Scored | None:
    """The rows in an evaluation.json; None as for the evaluation."""
    return _scored(path, stamp(path))


def candidate(run_id: str, name: str, path: Path) -> Candidate | None:
    """The run for a comparison, by its evaluation.json; None as for the evaluation."""
    found = scored_at(path)
    return Candidate(run_id, name, found.report.rows, found.off_topic) if found else None


@lru_cache(maxsize=MOST_KEPT)
def _scored(path: Path, _stamp: tuple[int, int]) -> Scored | None:
    found = evaluation_at(path)
    return Scored(found.tuned, found.off_topic.rows if found.off_topic else ()) if found else None
