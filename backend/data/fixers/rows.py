"""Fixers of the set: each yields the rows to drop, as (line of the row that stays, line of the row to drop)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backend.data.rows import SetView


def drop_equal(view: SetView) -> Iterator[tuple[int, int]]:
    """Drops every row with the message and the calls of an earlier row."""
    for first, later in _equal_pairs(view):
        if view.examples[first].message == view.examples[later].message:
            yield view.examples[first].line, view.examples[later].line


def drop_normalised(view: SetView) -> Iterator[tuple[int, int]]:
    """Drops every row with the calls and the normalised message of an earlier row, but a different message."""
    for first, later in _equal_pairs(view):
        if view.examples[first].message != view.examples[later].message:
            yield view.examples[first].line, view.examples[later].line


def _equal_pairs(view: SetView) -> Iterator[tuple[int, int]]:
    """Yields (earlier, later) positions of rows with equal calls and normal form; equal messages are preferred."""
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
    """Drops, of rows with one message, those without the most frequent calls; if equally frequent, the first stay."""
    for positions in view.by_normal.values():
        votes = Counter(view.labels[at] for at in positions)
        if len(votes) > 1:
            best = max(positions, key=lambda at: (votes[view.labels[at]], -at))
            for at in positions:
                if view.labels[at] != view.labels[best]:
                    yield view.examples[best].line, view.examples[at].line


def drop_trained(view: SetView) -> Iterator[tuple[int, int]]:
    """Drops every training row that has the normalised message of a test row."""
    for positions in view.by_normal.values():
        rows = [view.examples[at] for at in positions]
        tested = next((row for row in rows if row.split == "test"), None)
        for row in rows if tested else ():
            if tested and row.split == "train":
                yield tested.line, row.line
