"""Finds messages that are nearly the same, without comparing every pair.

MinHash signatures over character 3-grams (Broder 1997) are divided into bands. Messages that share a band are compared
exactly (Jaccard). numpy processes all messages at once, because datasketch's MinHash and MinHashLSH took four times as
long on 50,000 messages with half the bands, and the whole check has 20 seconds (benchmarks/validate.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.data.text import rows_by_message
from backend.records import Example

THRESHOLD = 0.7
"""Two messages are near-duplicates if their Jaccard similarity is at least this (15 % of a random test split)."""

_ROWS_PER_BAND = 4
_BANDS = 16  # 98.8 % of pairs at the threshold share a band: 1 - (1 - 0.7**4)**16
_NEIGHBOURS = 2
_LONGEST = 2000
_POINTS = 0x110000  # one more than the last code point
_LARGEST_TABLE = 1 << 21

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NearGroups:
    """The groups of near-duplicates. `group[i]` is the group of message i.

    `links` are (earlier, later, similarity) of compared pairs that connect each group.
    """

    group: tuple[int, ...]
    links: tuple[tuple[int, int, float], ...]


def near_groups(messages: Sequence[str], threshold: float = THRESHOLD) -> NearGroups:
    """Returns the groups of messages whose similarity reaches the threshold, directly or through other messages.

    The order of the messages does not change the groups.
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
    """Returns the forest in which near-duplicates are joined, and the pairs that were joined."""
    grams, starts = _trigrams(messages)
    one, other = _candidates(_signatures(grams, starts), threshold)
    forest = _Forest(len(messages))
    links: list[tuple[int, int, float]] = []
    for first, second, similar in _similar(one, other, _Sets(grams, starts), threshold):
        if forest.root(first) != forest.root(second):
            forest.join(first, second)
            links.append((first, second, similar))
    return forest, links


def _similar(one: Numbers, other: Numbers, sets: _Sets, threshold: float) -> Iterator[tuple[int, int, float]]:
    """Yields the pairs whose similarity reaches the threshold, in order, with their similarity."""
    for start in range(0, len(one), sets.most_pairs):
        part = slice(start, start + sets.most_pairs)
        similar = sets.jaccard(one[part], other[part])
        kept = similar >= threshold
        yield from zip(one[part][kept].tolist(), other[part][kept].tolist(), similar[kept].tolist(), strict=True)


def clusters_of(examples: Sequence[Example], fraction: float, near: NearGroups | None = None) -> list[list[int]]:
    """Returns the rows' positions in groups: equal messages, and near-duplicates if their group fits the test set.

    Near-duplicates can be connected through other messages, so in a set made from a few templates one group may hold
    most rows. Such a group is divided into groups of equal messages. `near` are the groups over the distinct normal
    forms in order of first appearance, if they are computed already.
    """
    equal = rows_by_message(example.message for example in examples)
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


def similarity(one: str, other: str) -> float:
    """Returns the Jaccard similarity of two messages' character 3-grams, from 0 to 1."""
    first, second = grams_of(one), grams_of(other)
    common = len(first & second)
    return common / (len(first) + len(second) - common)


def grams_of(message: str) -> set[str]:
    """Returns the different character 3-grams of the part of a message that is compared."""
    text = _padded(message)
    return {text[at : at + 3] for at in range(len(text) - 2)}


def _padded(message: str) -> str:
    """Returns the part of a message that is compared, with spaces at the end up to three characters."""
    return message[:_LONGEST].ljust(3)


def _trigrams(messages: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Returns the 3-grams of all messages as numbers from 0, concatenated, and the start of each message."""
    padded = [_padded(message) for message in messages]
    lengths = np.array([len(text) - 2 for text in padded], dtype=np.int64)
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    letters = _ranks(points, _POINTS)
    size = int(letters.max()) + 1
    codes = (letters[:-2] * size + letters[1:-1]) * size + letters[2:]
    ends = np.cumsum(lengths + 2)
    keep = np.ones(len(points), dtype=bool)
    keep[ends - 1] = keep[ends - 2] = False
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return _ranks(codes[keep[:-2]], size**3), starts.astype(np.int64)


def _ranks(values: npt.NDArray[Any], bound: int) -> Numbers:
    """Returns the rank of each value among the distinct values, all of which are under `bound`."""
    if bound > _LARGEST_TABLE:
        return np.searchsorted(_distinct(values), values)
    present = np.zeros(bound, dtype=bool)
    present[values] = True
    ranks: Numbers = (np.cumsum(present) - 1)[values]
    return ranks


def _distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Returns the distinct values in order; numpy.unique takes ten times as long, because it hashes integers."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _signatures(grams: Numbers, starts: Numbers) -> npt.NDArray[np.uint32]:
    """Returns one row of minimal hashes per message; hash functions with a fixed seed replace random permutations."""
    size = int(grams.max()) + 1
    hashes = np.random.default_rng(42).integers(0, 2**32, (_BANDS * _ROWS_PER_BAND, size), dtype=np.uint32)
    columns = [np.minimum.reduceat(table[grams], starts) for table in hashes]
    return np.stack(columns, axis=1)


def _candidates(signatures: npt.NDArray[np.uint32], threshold: float) -> tuple[Numbers, Numbers]:
    """Returns the pairs to compare exactly: each message of a bucket with its first and with the two before it.

    A bucket holds the messages that share a band. Pairs whose signatures agree in far fewer positions than the
    threshold are omitted; 0.2 is over three standard deviations of that estimate.
    """
    size = len(signatures)
    coded = _distinct(np.concatenate([_bucket_pairs(signatures, band) @ (size, 1) for band in range(_BANDS)]))
    one, other = np.divmod(coded, size)
    agreement = np.zeros(len(coded), dtype=np.int16)
    for column in np.ascontiguousarray(signatures.T):
        agreement += column[one] == column[other]
    likely = agreement >= (threshold - 0.2) * signatures.shape[1]
    return one[likely], other[likely]


def _bucket_pairs(signatures: npt.NDArray[np.uint32], band: int) -> Numbers:
    """Returns the pairs of one band, each with the smaller number first."""
    part = np.ascontiguousarray(signatures[:, band * _ROWS_PER_BAND : (band + 1) * _ROWS_PER_BAND])
    keys = part.view(np.uint64)
    mixed = keys[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ keys[:, 1]
    order = np.argsort(mixed, kind="stable")
    first = np.r_[True, mixed[order[1:]] != mixed[order[:-1]]]
    bucket_start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    places = np.arange(len(order))
    found = [
        np.stack([order[bucket_start], order], axis=1)[places > bucket_start],
        *(
            np.stack([order[places - back], order], axis=1)[places - back > bucket_start]
            for back in range(1, _NEIGHBOURS + 1)
        ),
    ]
    return np.concatenate(found)


class _Sets:
    """The distinct 3-grams of each message."""

    def __init__(self, grams: Numbers, starts: Numbers) -> None:
        self._size = int(grams.max()) + 1
        self.most_pairs = max(1, _LARGEST_TABLE // self._size)
        """The most pairs that `jaccard` takes at once, so that its table is small."""
        lengths = np.diff(starts, append=len(grams))
        coded = _distinct(np.repeat(np.arange(len(starts)) * self._size, lengths) + grams)
        messages, self._grams = np.divmod(coded, self._size)
        self._lengths = np.bincount(messages, minlength=len(starts))
        self._starts = np.cumsum(self._lengths) - self._lengths

    def jaccard(self, one: Numbers, other: Numbers) -> npt.NDArray[np.float64]:
        """Returns the Jaccard similarity of each pair."""
        present = np.zeros(len(one) * self._size, dtype=bool)
        present[self._coded(one)] = True
        coded = self._coded(other)
        common = np.bincount(coded[present[coded]] // self._size, minlength=len(one))
        similar: npt.NDArray[np.float64] = common / (self._lengths[one] + self._lengths[other] - common)
        return similar

    def _coded(self, messages: Numbers) -> Numbers:
        """Returns the 3-grams of the messages, each plus the position of its message times their number."""
        lengths = self._lengths[messages]
        shifts = self._starts[messages] - (np.cumsum(lengths) - lengths)
        found = self._grams[np.repeat(shifts, lengths) + np.arange(lengths.sum())]
        coded: Numbers = found + np.repeat(np.arange(len(messages)) * self._size, lengths)
        return coded


class _Forest:
    """Union-find with path halving."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def join(self, one: int, other: int) -> None:
        """Join the trees of both under the smaller root."""
        first, second = sorted((self.root(one), self.root(other)))
        self._parent[second] = first
