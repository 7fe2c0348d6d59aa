"""Rows whose label a simple classifier firmly contradicts: confident learning (Northcutt et al. 2021).

A linear classifier over character and word n-grams is trained on four fifths of the rows and asked about the last
fifth, five times over, near-duplicates kept together. A row is suspect when another label is as probable for it as for
the rows that have that label, and more so than its own. Rows that a script wrote by filling words into a sentence
vouch for each other ("Check my profile", "Read profile"), so they are asked about once more with all that hold the same
words left out. The classifier's accuracy on held-out rows is the baseline that a fine-tuned model must exceed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.data.rows.set_view import label_of
from backend.data.similarity import clusters_of, find_frames
from backend.data.text import count
from backend.errors import InputError
from backend.ngrams import linear_classifier, ngram_features
from backend.records import Example

_FOLDS = 5
_FEWEST = 20
_MOST_ROWS = 8000
_FRACTION = 1 / _FOLDS
_LABEL_ROWS = 5
_MOST_LABELS = 150

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassLabel:
    """The class of a row: the tools that it calls, sorted, and its whole calls as text; None if only tools count."""

    tools: tuple[str, ...]
    calls: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return " + ".join(self.tools if self.calls is None else self.calls) or "no call"


@dataclass(frozen=True, slots=True)
class LabelError:
    """One row whose label is doubtful; `likely` is the label that the classifier would give, with its probability."""

    line: int
    message: str
    given: str
    likely: str
    given_probability: float
    likely_probability: float


@dataclass(frozen=True)
class LabelErrorReport:
    """The suspect rows, most doubtful first, and the classifier's accuracy on rows that it did not see.

    `labels` is the number of different labels told apart: whole calls (`whole_calls`) where enough rows share each,
    else the tools alone. `tool_accuracy` counts the tool, `accuracy` the whole label.
    """

    suspects: tuple[LabelError, ...]
    accuracy: float
    tool_accuracy: float
    rows: int
    labels: int
    whole_calls: bool


def find_label_errors(examples: Sequence[Example], seed: int = 42) -> LabelErrorReport:
    """Cross-validate the classifier over the rows; raises InputError for too few rows or one label only."""
    rows = list(examples)
    if len(rows) > _MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(len(rows), _MOST_ROWS, replace=False)
        rows = [rows[at] for at in sorted(chosen.tolist())]
    labels = class_labels(rows)
    names = sorted(set(labels), key=str)
    if len(rows) < _FEWEST or len(names) < 2:
        raise InputError(
            f"Suspect labels need at least {_FEWEST} rows with two different calls; there are "
            f"{count(len(rows), 'row')} with {count(len(names), 'label')}. Add rows."
        )
    given = np.array([names.index(label) for label in labels])
    clusters = clusters_of(rows, _FRACTION)
    probabilities = _held_out(rows, given, len(names), _folds(clusters, seed), seed)
    guessed = probabilities.argmax(axis=1)
    everything = _Round(probabilities, frozenset(range(len(rows))))
    kinds = sorted({name.tools for name in names})
    tools = np.array([kinds.index(name.tools) for name in names])
    return LabelErrorReport(
        _suspects(rows, names, given, [everything, *_filled_apart(rows, given, names, clusters, seed)]),
        float((guessed == given).mean()),
        float((tools[guessed] == tools[given]).mean()),
        len(rows),
        len(names),
        any(name.calls for name in names),
    )


def class_labels(rows: Sequence[Example]) -> list[ClassLabel]:
    """Each row's class: its whole calls if at least five rows share them and there are not too many, else its tools."""
    tools = [ClassLabel(tuple(sorted(call.name for call in row.calls))) for row in rows]
    full = [replace(tool, calls=label_of(row.calls)) for tool, row in zip(tools, rows, strict=True)]
    common = {label for label, times in Counter(full).items() if times >= _LABEL_ROWS}
    covered = sum(label in common for label in full)
    if len(common) > _MOST_LABELS or covered < 0.8 * len(rows):
        return tools
    return [whole if whole in common else tool for whole, tool in zip(full, tools, strict=True)]


@dataclass(frozen=True)
class _Round:
    """The label probabilities of every row, and the positions of those that the question was about."""

    probabilities: Floats
    asked: frozenset[int]


def _filled_apart(
    rows: Sequence[Example], given: Indices, names: list[ClassLabel], clusters: Sequence[Sequence[int]], seed: int
) -> list[_Round]:
    """The question about the rows made from sentence frames, all that share label and words held out together."""
    frames = find_frames([row.message for row in rows], given.tolist())
    if not frames:
        return []
    from scipy.cluster.hierarchy import DisjointSet  # as scikit-learn: only when asked

    groups = DisjointSet(range(len(rows)))
    for cluster in clusters:
        for at in cluster:
            groups.merge(cluster[0], at)
    first: dict[tuple[int, str], int] = {}
    for frame in frames:
        for at, filler in frame.fillers.items():
            groups.merge(first.setdefault((int(given[at]), filler), at), at)
    kin = [sorted(group) for group in groups.subsets()]
    probabilities = _held_out(rows, given, len(names), _folds(kin, seed), seed)
    return [_Round(probabilities, frozenset(at for frame in frames for at in frame.fillers))]


def _held_out(rows: Sequence[Example], given: Indices, labels: int, folds: Indices, seed: int) -> Floats:
    """Every row's label probabilities, from a classifier that saw neither the row nor any other of its fold."""
    features = ngram_features(fewest_texts=2).fit_transform([row.message for row in rows])
    probabilities = np.zeros((len(rows), labels))
    for fold in range(_FOLDS):
        asked = folds == fold
        seen = np.unique(given[~asked])
        if not asked.any() or len(seen) < 2:
            continue
        probabilities[np.ix_(asked, seen)] = _classify(features[~asked], given[~asked], features[asked], seed)
    return probabilities


def _classify(train: Any, labels: Indices, asked: Any, seed: int) -> Floats:
    answer: Floats = linear_classifier(seed).fit(train, labels).predict_proba(asked)
    return answer


def _folds(groups: Sequence[Sequence[int]], seed: int) -> Indices:
    """The fold of each row, groups kept together."""
    order = np.random.default_rng(seed).permutation(len(groups))
    folds = np.zeros(sum(map(len, groups)), dtype=np.int64)
    for turn, at in enumerate(order.tolist()):
        folds[list(groups[at])] = turn % _FOLDS
    return folds


def _suspects(
    rows: Sequence[Example], names: list[ClassLabel], given: Indices, rounds: Sequence[_Round]
) -> tuple[LabelError, ...]:
    """The rows doubted in any round of questions, the most doubtful first."""
    worst: dict[int, LabelError] = {}
    for question in rounds:
        for at, suspect in _doubted(rows, names, given, question.probabilities):
            if at in question.asked and (at not in worst or _margin(suspect) < _margin(worst[at])):
                worst[at] = suspect
    return tuple(sorted(worst.values(), key=_margin))


def _margin(suspect: LabelError) -> float:
    return suspect.given_probability - suspect.likely_probability


def _doubted(
    rows: Sequence[Example], names: list[ClassLabel], given: Indices, probabilities: Floats
) -> Iterator[tuple[int, LabelError]]:
    """The rows over another label's threshold: the mean probability of that label among the rows that bear it."""
    own = probabilities[np.arange(len(rows)), given]
    sizes = np.bincount(given, minlength=len(names))
    thresholds = np.bincount(given, weights=own, minlength=len(names)) / np.maximum(sizes, 1)
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    likely = confident.argmax(axis=1)
    best = confident[np.arange(len(rows)), likely]
    for at in np.flatnonzero((best > 0) & (likely != given)).tolist():
        row, doubt = rows[at], (round(float(own[at]), 4), round(float(best[at]), 4))
        yield at, LabelError(row.line, row.message, str(names[given[at]]), str(names[likely[at]]), *doubt)
