"""Splits the rows into training rows and test rows."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from backend.data.rows.labels import Label, labels_of
from backend.data.similarity import NearGroups, NearIndex, clusters_of
from backend.data.text import count
from backend.errors import InputError
from backend.records import Example, Tool

_VALUE_ROWS = 10
"""A value of a tool is a separate stratum if at least this many rows share it (facts/evaluation.md, "Split")."""

Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The training rows and the test rows.

    `left_out` counts the rows that a large model wrote and that nearly equal a test row; they are on no side.
    """

    train: tuple[Example, ...]
    test: tuple[Example, ...]
    seed: int
    fraction: float
    left_out: int = 0

    def to_json(self) -> dict[str, Any]:
        """Returns the split as ids of rows, for split.json."""
        return {
            "schema": 1,
            "seed": self.seed,
            "fraction": self.fraction,
            "train": [example.id for example in self.train],
            "test": [example.id for example in self.test],
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any] | str, examples: Iterable[Example]) -> Split:
        """Returns the split that `to_json` saved, with rows of `examples`. Raises InputError if one is missing."""
        document: Any = json.loads(saved) if isinstance(saved, str) else saved
        by_id = {example.id: example for example in examples}
        try:
            train, test = (tuple(by_id[name] for name in document[part]) for part in ("train", "test"))
            return cls(train, test, int(document["seed"]), float(document["fraction"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The saved split does not fit the data: {error} is missing. Use the dataset that the run was made "
                "with, or train again."
            ) from error


def split_examples(
    examples: Sequence[Example], tools: Sequence[Tool], fraction: float, seed: int, near: NearGroups | None = None
) -> Split:
    """Returns a split with the share `fraction` of test rows; a `split` column in the data takes precedence.

    The split is stratified by tool, and by tool and value if 10 rows share them. Duplicates and near-duplicates stay on
    one side. Every tool with at least two different rows gets a test row. The order of the rows does not matter. Rows
    that a large model wrote are never test rows and do not change how the others are divided. Raises InputError if the
    rows cannot be divided.
    """
    grown = [example for example in examples if example.is_grown]
    if not grown:
        return _divided(examples, tools, fraction, seed, near)
    real = [example for example in examples if not example.is_grown]
    if not real:
        raise InputError(
            f"A large model wrote all {count(len(grown), 'row')}, by their origin column. Such rows are never test "
            "rows. Add rows that people wrote."
        )
    return _with_grown(_divided(real, tools, fraction, seed, None), examples)


def _with_grown(split: Split, examples: Sequence[Example]) -> Split:
    """Returns the split with the grown rows as training rows, without those that nearly equal a test row."""
    tested, index = {example.id for example in split.test}, NearIndex()
    for example in split.test:
        index.add(example.message)
    trained = [example for example in examples if example.id not in tested]
    kept = tuple(one for one in trained if not (one.is_grown and index.find(one.message)))
    return replace(split, train=kept, left_out=len(trained) - len(kept))


def _divided(
    examples: Sequence[Example], tools: Sequence[Tool], fraction: float, seed: int, near: NearGroups | None
) -> Split:
    """Returns the split of rows that people wrote."""
    own = _own_split(examples, fraction, seed)
    if own is not None:
        return own
    if not 0 < fraction < 1:
        raise InputError(f"The test split is {fraction}. It must be between 0 and 1, such as 0.1.")
    clusters = clusters_of(examples, fraction, near)
    if len(clusters) < 2:
        raise InputError(
            f"{count(len(examples), 'row')} cannot be divided into training and test rows: at least two different "
            "messages are needed. Add rows."
        )
    chosen = _choose(clusters, examples, tools, fraction, seed)
    test = tuple(example for at, example in enumerate(examples) if at in chosen)
    train = tuple(example for at, example in enumerate(examples) if at not in chosen)
    return Split(train, test, seed, fraction)


def _own_split(examples: Sequence[Example], fraction: float, seed: int) -> Split | None:
    """Returns the split of the data's own column if it has both kinds of rows; a row without a value is trained on."""
    test = tuple(example for example in examples if example.split == "test")
    train = tuple(example for example in examples if example.split != "test")
    return Split(train, test, seed, fraction) if test and train else None


def _strata(examples: Sequence[Example]) -> list[Stratum]:
    """Returns each row's tools, with the values of its arguments if enough rows share them."""
    labels = labels_of(examples)
    rows = Counter(labels)
    by_label: dict[Label, Stratum] = {}
    for label, example in dict(zip(labels, examples, strict=True)).items():
        tools = tuple(sorted(call.name for call in example.calls))
        by_label[label] = (*tools, "=", *label) if rows[label] >= _VALUE_ROWS else tools
    return [by_label[label] for label in labels]


def _choose(
    clusters: list[list[int]], examples: Sequence[Example], tools: Sequence[Tool], fraction: float, seed: int
) -> set[int]:
    """Returns the positions of the test rows."""
    ids, named = [example.id for example in examples], _strata(examples)
    strata: dict[Stratum, list[list[int]]] = defaultdict(list)
    for cluster in sorted(clusters, key=lambda members: min(ids[at] for at in members)):
        strata[named[min(cluster, key=lambda at: ids[at])]].append(cluster)
    quotas = _quotas({name: sum(map(len, group)) for name, group in strata.items()}, fraction)
    chosen: set[int] = set()
    for name in sorted(strata):
        group = strata[name]
        Random(f"{seed}:{name}").shuffle(group)
        chosen.update(_fill(group, quotas[name]))
    return _with_every_tool(chosen, strata, examples, tools)


def _quotas(sizes: Mapping[Stratum, int], fraction: float) -> dict[Stratum, int]:
    """Returns the number of test rows per stratum, by largest remainders, so that the sum is the requested fraction."""
    exact = {name: size * fraction for name, size in sizes.items()}
    quotas = {name: int(value) for name, value in exact.items()}
    left = round(sum(exact.values())) - sum(quotas.values())
    for name in sorted(exact, key=lambda name: (quotas[name] - exact[name], name))[: max(left, 0)]:
        quotas[name] += 1
    return quotas


def _fill(group: list[list[int]], quota: int) -> set[int]:
    """Returns whole clusters, in order, with at most `quota` rows in total; at least one cluster remains."""
    chosen: set[int] = set()
    for cluster in group[:-1]:
        if len(chosen) + len(cluster) <= quota:
            chosen.update(cluster)
    return chosen


def _with_every_tool(
    chosen: set[int],
    strata: Mapping[Stratum, list[list[int]]],
    examples: Sequence[Example],
    tools: Sequence[Tool],
) -> set[int]:
    """Returns the chosen rows, and for each tool without any its smallest cluster, if another remains for training."""
    by_tool: dict[str, list[list[int]]] = defaultdict(list)
    for name in sorted(strata):
        for cluster in strata[name]:
            for tool in {call.name for at in cluster for call in examples[at].calls} or {""}:
                by_tool[tool].append(cluster)
    for tool in ("", *(tool.name for tool in tools)):
        clusters = by_tool[tool]
        if len(clusters) > 1 and not any(at in chosen for cluster in clusters for at in cluster):
            smallest = min(clusters, key=len)
            chosen = chosen.union(smallest)
    return chosen
