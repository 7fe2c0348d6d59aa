"""Fixers of the set: each names the rows to drop, as (line that is kept, line that goes)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backend.data.rows import SetView


def drop_equal(view: SetView) -> Iterator[tuple[int, int]]:
    """Every row whose message and calls an earlier row has."""
    for first, later in _alike(view):
        if view.examples[first].message == view.examples[later].message:
            yield view.examples[first].line, view.examples[later].line


def drop_normalised(view: SetView) -> Iterator[tuple[int, int]]:
    """Every row whose calls and normalised message an earlier row has, though not its very message."""
    for first, later in _alike(view):
        if view.examples[first].message != view.examples[later].message:
            yield view.examples[first].line, view.examples[later].line


def _alike(view: SetView) -> Iterator[tuple[int, int]]:
    """(earlier, later) positions of rows with equal calls and normal form, if possible with equal messages."""
    for positions in view.by_normal.values():
        firsts: dict[tuple[object, ...], int] = {}
        for at in positions if len(positions) > 1 else ():
            label, message = view.labels[at], view.examples[at].message
            first = firsts.get((label, message), firsts.get((label,)))
            if first is not None:
                yield first, at
            firsts.setdefault((label,), at)
            firsts.setdefault((label, message), at)


def drop_conflicting(view: SetView) -> Iterator[tuple[int, int]]:
    """Of rows with one message and different calls, those without the commonest calls (of equals the first)."""
    for positions in view.by_normal.values():
        votes = Counter(view.labels[at] for at in positions)
        if len(votes) > 1:
            kept = max(positions, key=lambda at: (votes[view.labels[at]], -at))
            for at in positions:
                if view.labels[at] != view.labels[kept]:
                    yield view.examples[kept].line, view.examples[at].line
