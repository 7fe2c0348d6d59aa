"""Finding messages that are nearly the same, without comparing every pair.

MinHash signatures over character 3-grams (Broder 1997) are cut into bands; messages that share a band are compared
exactly (Jaccard). numpy does it for all messages at once: datasketch's MinHashLSH with the same bands took seven times
as long on 50,000 messages (benchmarks/validate.py holds the whole check to its budget).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

THRESHOLD = 0.7
"""Jaccard similarity from which two messages count as nearly the same (facts: 15 % of a random test split)."""

_ROWS_PER_BAND = 4
_BANDS = 16  # 98.8 % of pairs at the threshold share a band: 1 - (1 - 0.7**4)**16
_COMPARED = 4
"""Unlike messages of one bucket that a further one is compared with; more would make large buckets quadratic."""
_LONGEST = 2000
_END = 0x110000  # one more than the last code point, so that 3-grams have numbers of their own


@dataclass(frozen=True)
class NearGroups:
    """Which messages are nearly the same. `group[i]` names message i's group; `links` are (earlier, later, similarity)
    of pairs that were compared, enough of them to hold each group together."""

    group: tuple[int, ...]
    links: tuple[tuple[int, int, float], ...]


def near_groups(messages: Sequence[str], threshold: float = THRESHOLD) -> NearGroups:
    """Group the messages whose similarity reaches the threshold, directly or over others between them.

    The same messages in another order give the same groups.
    """
    if len(messages) < 2:
        return NearGroups(tuple(range(len(messages))), ())
    order = sorted(range(len(messages)), key=lambda at: messages[at])
    forest, links = _joined([messages[at] for at in order], threshold)
    group = [0] * len(messages)
    for place, at in enumerate(order):
        group[at] = order[forest.root(place)]
    pairs = ((order[one], order[other], similar) for one, other, similar in links)
    return NearGroups(tuple(group), tuple(sorted((min(a, b), max(a, b), similar) for a, b, similar in pairs)))


def _joined(messages: Sequence[str], threshold: float) -> tuple[_Forest, list[tuple[int, int, float]]]:
    """The forest in which near-duplicates are joined, and the pairs that joined it."""
    grams, starts = _trigrams(messages)
    sets = _Sets(grams, starts)
    forest = _Forest(len(messages))
    links: list[tuple[int, int, float]] = []
    for bucket in _buckets(_signatures(grams, starts)):
        heads: deque[int] = deque(maxlen=_COMPARED)
        for member in bucket:
            root = forest.root(member)
            if any(forest.root(head) == root for head in heads):
                continue
            for head in heads:
                similar = sets.jaccard(head, member, threshold)
                if similar >= threshold and forest.join(head, member):
                    links.append((head, member, similar))
                    break
            else:
                heads.append(member)
    return forest, links


def similarity(one: str, other: str) -> float:
    """The Jaccard similarity of two messages' character 3-grams."""
    grams, starts = _trigrams([one, other])
    return _Sets(grams, starts).jaccard(0, 1)


def _trigrams(messages: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Every message's 3-grams as numbers from 0, one message behind the other, and where each message begins."""
    ended = [(message[:_LONGEST] + "   ")[: max(3, min(len(message), _LONGEST))] for message in messages]
    lengths = np.array([len(text) - 2 for text in ended], dtype=np.int64)
    points = np.frombuffer("".join(ended).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    codes = (points[:-2] * _END + points[1:-1]) * _END + points[2:]
    ends = np.cumsum(lengths + 2)
    keep = np.ones(len(points), dtype=bool)
    keep[ends - 1] = keep[ends - 2] = False
    _, numbers = np.unique(codes[keep[:-2]], return_inverse=True)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return numbers.astype(np.int64), starts.astype(np.int64)


def _signatures(grams: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """One row of minimal hashes a message; the hashes are random permutations' stand-ins, fixed by a seed."""
    size = int(grams.max()) + 1
    hashes = np.random.default_rng(42).integers(0, 2**32, (_BANDS * _ROWS_PER_BAND, size), dtype=np.uint32)
    columns = [np.minimum.reduceat(table[grams], starts) for table in hashes]
    return np.stack(columns, axis=1)


def _buckets(signatures: npt.NDArray[np.uint32]) -> Iterator[list[int]]:
    """The messages that share a band, as ascending lists of at least two."""
    for band in range(_BANDS):
        part = np.ascontiguousarray(signatures[:, band * _ROWS_PER_BAND : (band + 1) * _ROWS_PER_BAND])
        keys = part.view(np.uint64)
        mixed = keys[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ keys[:, 1]
        order = np.argsort(mixed, kind="stable")
        edges = np.flatnonzero(np.diff(mixed[order], prepend=~mixed[order[:1]], append=~mixed[order[-1:]]))
        shared = np.flatnonzero(np.diff(edges) > 1)
        for start, end in zip(edges[shared].tolist(), edges[shared + 1].tolist(), strict=True):
            yield order[start:end].tolist()


class _Sets:
    """The 3-grams of each message as a set, made when first asked for."""

    def __init__(self, grams: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]) -> None:
        self._grams = grams
        self._bounds = [*starts.tolist(), len(grams)]
        self._made: dict[int, frozenset[int]] = {}

    def jaccard(self, one: int, other: int, least: float = 0.0) -> float:
        """The similarity of two messages; 0 at once where their lengths rule out the `least`."""
        first, second = self._set(one), self._set(other)
        if min(len(first), len(second)) < least * max(len(first), len(second)):
            return 0.0
        common = len(first & second)
        return common / (len(first) + len(second) - common)

    def _set(self, at: int) -> frozenset[int]:
        found = self._made.get(at)
        if found is None:
            found = self._made[at] = frozenset(self._grams[self._bounds[at] : self._bounds[at + 1]].tolist())
        return found


class _Forest:
    """Union-find with path halving."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def join(self, one: int, other: int) -> bool:
        """Join the trees of both under the smaller root; False where they were one already."""
        first, second = sorted((self.root(one), self.root(other)))
        self._parent[second] = first
        return first != second
