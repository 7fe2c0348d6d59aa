"""Which rows must stay together when the rows are divided, because they say nearly the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from backend.data.similarity.near_duplicates import NearGroups, near_groups
from backend.data.text.normal_form import normal_message
from backend.records import Example


def clusters_of(examples: Sequence[Example], fraction: float, near: NearGroups | None = None) -> list[list[int]]:
    """The rows' positions, grouped: equal messages always, near-duplicates unless a group outgrows the test set.

    Near-duplicates are followed over others between them, so in a set made from a few templates a group may hold
    most rows; such a group falls back to equal messages. `near` are the groups over the distinct normal forms in
    order of first appearance, where they are known already.
    """
    equal: dict[str, list[int]] = defaultdict(list)
    for at, example in enumerate(examples):
        equal[normal_message(example.message)].append(at)
    near = near or near_groups(list(equal))
    grouped: dict[int, list[list[int]]] = defaultdict(list)
    for group, members in zip(near.group, equal.values(), strict=True):
        grouped[group].append(members)
    limit = max(2, int(len(examples) * min(fraction, 1 - fraction) / 2))
    clusters: list[list[int]] = []
    for parts in grouped.values():
        together = sorted(at for part in parts for at in part)
        clusters += [together] if len(together) <= limit else parts
    return clusters
