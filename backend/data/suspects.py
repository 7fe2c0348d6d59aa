"""Rows whose label a simple classifier firmly contradicts: confident learning (Northcutt et al. 2021).

A linear classifier over character and word n-grams is trained on four fifths of the rows and asked about the last
fifth, five times over, near-duplicates kept together. A row is suspect when another label is as probable for it as for
the rows that bear that label, and more so than its own. The classifier's accuracy on rows it did not see is the floor
that a fine-tuned model must beat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.data.clusters import clusters_of
from backend.data.display import count
from backend.data.set_view import label_of
from backend.errors import InputError
from backend.ngrams import linear_classifier, ngram_features
from backend.records import Example

_FOLDS = 5
_FEWEST = 20
_LABEL_ROWS = 5
_MOST_LABELS = 150
_MOST_ROWS = 8000
_FRACTION = 1 / _FOLDS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Suspect:
    """One row whose label is doubtful; `likely` is the label that the classifier would give, with its probability."""

    line: int
    message: str
    given: str
    likely: str
    given_probability: float
    likely_probability: float


@dataclass(frozen=True)
class SuspectReport:
    """The suspect rows, most doubtful first, and the classifier's accuracy on rows that it did not see.

    `labels` is the number of different labels told apart: whole calls (`whole_calls`) where enough rows share each,
    else the tools alone. `tool_accuracy` counts the tool, `accuracy` the whole label.
    """

    suspects: tuple[Suspect, ...]
    accuracy: float
    tool_accuracy: float
    rows: int
    labels: int
    whole_calls: bool


def find_suspects(examples: Sequence[Example], seed: int = 42) -> SuspectReport:
    """Cross-validate the classifier over the rows; raises InputError for too few rows or one label only."""
    rows = list(examples)
    if len(rows) > _MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(len(rows), _MOST_ROWS, replace=False)
        rows = [rows[at] for at in sorted(chosen.tolist())]
    labels = _labels(rows)
    names = sorted(set(labels))
    if len(rows) < _FEWEST or len(names) < 2:
        raise InputError(
            f"Suspect labels need at least {_FEWEST} rows with two different calls; there are "
            f"{count(len(rows), 'row')} with {count(len(names), 'label')}. Add rows."
        )
    given = np.array([names.index(label) for label in labels])
    probabilities = _held_out(rows, given, len(names), seed)
    guessed = probabilities.argmax(axis=1)
    tools = np.array([_tool_of(name) for name in names])
    return SuspectReport(
        _suspects(rows, names, given, probabilities),
        float((guessed == given).mean()),
        float((tools[guessed] == tools[given]).mean()),
        len(rows),
        len(names),
        any("{" in name for name in names),
    )


def _labels(rows: Sequence[Example]) -> list[str]:
    """Each row's label: its whole call where at least five rows share it and there are not too many, else its tools."""
    full = [" + ".join(label_of(row.calls)) or _NO_CALL for row in rows]
    tools = [" + ".join(sorted(call.name for call in row.calls)) or _NO_CALL for row in rows]
    common = {label for label, times in Counter(full).items() if times >= _LABEL_ROWS}
    covered = sum(label in common for label in full)
    if len(common) > _MOST_LABELS or covered < 0.8 * len(rows):
        return tools
    return [whole if whole in common else tool for whole, tool in zip(full, tools, strict=True)]


_NO_CALL = "no call"


def _tool_of(label: str) -> str:
    """The tools in a label, without their arguments."""
    return " + ".join(part.split('"')[1] if part.startswith('["') else part for part in label.split(" + ["))


def _held_out(rows: Sequence[Example], given: npt.NDArray[np.int64], labels: int, seed: int) -> Floats:
    """Every row's label probabilities, from a classifier that saw neither the row nor its near-duplicates."""
    features = ngram_features(fewest_texts=2).fit_transform([row.message for row in rows])
    folds = _folds(rows, seed)
    probabilities = np.zeros((len(rows), labels))
    for fold in range(_FOLDS):
        asked = folds == fold
        seen = np.unique(given[~asked])
        if not asked.any() or len(seen) < 2:
            continue
        probabilities[np.ix_(asked, seen)] = _classify(features[~asked], given[~asked], features[asked], seed)
    return probabilities


def _classify(train: Any, labels: npt.NDArray[np.int64], asked: Any, seed: int) -> Floats:
    answer: Floats = linear_classifier(seed).fit(train, labels).predict_proba(asked)
    return answer


def _folds(rows: Sequence[Example], seed: int) -> npt.NDArray[np.int64]:
    """The fold of each row, clusters of near-duplicates kept together."""
    clusters = clusters_of(rows, _FRACTION)
    order = np.random.default_rng(seed).permutation(len(clusters))
    folds = np.zeros(len(rows), dtype=np.int64)
    for turn, at in enumerate(order.tolist()):
        folds[clusters[at]] = turn % _FOLDS
    return folds


def _suspects(
    rows: Sequence[Example], names: list[str], given: npt.NDArray[np.int64], probabilities: Floats
) -> tuple[Suspect, ...]:
    """The rows over another label's threshold: the mean probability of that label among the rows that bear it."""
    own = probabilities[np.arange(len(rows)), given]
    sizes = np.bincount(given, minlength=len(names))
    thresholds = np.bincount(given, weights=own, minlength=len(names)) / np.maximum(sizes, 1)
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    likely = confident.argmax(axis=1)
    best = confident[np.arange(len(rows)), likely]
    doubtful = np.flatnonzero((best > 0) & (likely != given))
    ranked = sorted(doubtful.tolist(), key=lambda at: own[at] - best[at])
    return tuple(
        Suspect(
            rows[at].line,
            rows[at].message,
            names[given[at]],
            names[likely[at]],
            round(float(own[at]), 4),
            round(float(best[at]), 4),
        )
        for at in ranked
    )
