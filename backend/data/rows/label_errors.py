"""Finds rows whose label a simple classifier contradicts, by confident learning (Northcutt et al. 2021).

A linear classifier over character and word n-grams is cross-validated in five folds; near-duplicates stay in one fold.
A row is suspect if another label is more probable than its own, and at least as probable as on average for the rows
with that label. Rows that a script generated from one template confirm each other's labels ("Check my profile", "Read
profile"). Therefore they are classified a second time, with all rows of the same words in the same fold. The
classifier's accuracy on held-out rows is the baseline that a fine-tuned model must exceed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.data.rows.labels import labels_of
from backend.data.similarity import clusters_of, find_templates
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
    """One row whose label is doubtful; `likely` is the label that the classifier predicts, with its probability."""

    line: int
    message: str
    given: str
    likely: str
    given_probability: float
    likely_probability: float


@dataclass(frozen=True)
class LabelErrorReport:
    """The suspect rows, the most doubtful first, and the classifier's accuracy on held-out rows.

    `labels` is the number of different labels. They are whole calls (`whole_calls`) if enough rows share each, else
    only the tools. `tool_accuracy` is the accuracy of the tool, `accuracy` that of the whole label.
    """

    suspects: tuple[LabelError, ...]
    accuracy: float
    tool_accuracy: float
    rows: int
    labels: int
    whole_calls: bool


def find_label_errors(examples: Sequence[Example], seed: int = 42) -> LabelErrorReport:
    """Returns the result of the cross-validation. Raises InputError if there are too few rows or only one label."""
    rows = list(examples)
    if len(rows) > _MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(len(rows), _MOST_ROWS, replace=False)
        rows = [rows[at] for at in sorted(chosen.tolist())]
    labels = class_labels(rows)
    names = sorted(set(labels), key=str)
    if len(rows) < _FEWEST or len(names) < 2:
        raise InputError(
            f"A review of labels needs at least {_FEWEST} rows with two different calls. There are "
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
        _suspects(rows, names, given, [everything, *_template_rounds(rows, given, names, clusters, seed)]),
        float((guessed == given).mean()),
        float((tools[guessed] == tools[given]).mean()),
        len(rows),
        len(names),
        any(name.calls for name in names),
    )


def class_labels(rows: Sequence[Example]) -> list[ClassLabel]:
    """Returns each row's class: its whole calls if there are few and at least five rows share each, else its tools."""
    by_calls = {id(row.calls): row for row in rows}
    by_tools = {name: ClassLabel(tuple(sorted(call.name for call in row.calls))) for name, row in by_calls.items()}
    by_label = dict(zip(by_calls, labels_of(list(by_calls.values())), strict=True))
    whole = {name: replace(tools, calls=by_label[name]) for name, tools in by_tools.items()}
    full = [whole[id(row.calls)] for row in rows]
    common = {label for label, times in Counter(full).items() if times >= _LABEL_ROWS}
    covered = sum(label in common for label in full)
    if len(common) > _MOST_LABELS or covered < 0.8 * len(rows):
        return [by_tools[id(row.calls)] for row in rows]
    return [label if label in common else by_tools[id(row.calls)] for label, row in zip(full, rows, strict=True)]


@dataclass(frozen=True)
class _Round:
    """The label probabilities of every row, and the positions of the rows that this round evaluates."""

    probabilities: Floats
    evaluated: frozenset[int]


def _template_rounds(
    rows: Sequence[Example], given: Indices, names: list[ClassLabel], clusters: Sequence[Sequence[int]], seed: int
) -> list[_Round]:
    """Returns the round for the rows made from templates; rows with the same label and words are held out together."""
    templates = find_templates([row.message for row in rows], given.tolist())
    if not templates:
        return []
    from scipy.cluster.hierarchy import DisjointSet  # imported late, like scikit-learn

    groups = DisjointSet(range(len(rows)))
    for cluster in clusters:
        for at in cluster:
            groups.merge(cluster[0], at)
    first: dict[tuple[int, str], int] = {}
    for template in templates:
        for at, filler in template.fillers.items():
            groups.merge(first.setdefault((int(given[at]), filler), at), at)
    together = [sorted(group) for group in groups.subsets()]
    probabilities = _held_out(rows, given, len(names), _folds(together, seed), seed)
    return [_Round(probabilities, frozenset(at for template in templates for at in template.fillers))]


def _held_out(rows: Sequence[Example], given: Indices, labels: int, folds: Indices, seed: int) -> Floats:
    """Returns every row's label probabilities, from a classifier that was not trained on the row's fold."""
    features = ngram_features(fewest_texts=2).fit_transform([row.message for row in rows])
    probabilities = np.zeros((len(rows), labels))
    for fold in range(_FOLDS):
        held_out = folds == fold
        seen = np.unique(given[~held_out])
        if not held_out.any() or len(seen) < 2:
            continue
        probabilities[np.ix_(held_out, seen)] = _classify(
            features[~held_out], given[~held_out], features[held_out], seed
        )
    return probabilities


def _classify(train: Any, labels: Indices, test: Any, seed: int) -> Floats:
    answer: Floats = linear_classifier(seed).fit(train, labels).predict_proba(test)
    return answer


def _folds(groups: Sequence[Sequence[int]], seed: int) -> Indices:
    """Returns the fold of each row; the rows of a group are in one fold."""
    order = np.random.default_rng(seed).permutation(len(groups))
    folds = np.zeros(sum(map(len, groups)), dtype=np.int64)
    for turn, at in enumerate(order.tolist()):
        folds[list(groups[at])] = turn % _FOLDS
    return folds


def _suspects(
    rows: Sequence[Example], names: list[ClassLabel], given: Indices, rounds: Sequence[_Round]
) -> tuple[LabelError, ...]:
    """Returns the rows that are doubtful in any round, the most doubtful first."""
    worst: dict[int, LabelError] = {}
    for one in rounds:
        for at, suspect in _doubted(rows, names, given, one.probabilities):
            if at in one.evaluated and (at not in worst or _margin(suspect) < _margin(worst[at])):
                worst[at] = suspect
    return tuple(sorted(worst.values(), key=_margin))


def _margin(suspect: LabelError) -> float:
    return suspect.given_probability - suspect.likely_probability


def _doubted(
    rows: Sequence[Example], names: list[ClassLabel], given: Indices, probabilities: Floats
) -> Iterator[tuple[int, LabelError]]:
    """Yields the rows over another label's threshold: the mean probability of that label for the rows that have it."""
    own = probabilities[np.arange(len(rows)), given]
    sizes = np.bincount(given, minlength=len(names))
    thresholds = np.bincount(given, weights=own, minlength=len(names)) / np.maximum(sizes, 1)
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    likely = confident.argmax(axis=1)
    best = confident[np.arange(len(rows)), likely]
    for at in np.flatnonzero((best > 0) & (likely != given)).tolist():
        row, doubt = rows[at], (round(float(own[at]), 4), round(float(best[at]), 4))
        yield at, LabelError(row.line, row.message, str(names[given[at]]), str(names[likely[at]]), *doubt)
