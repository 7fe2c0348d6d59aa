"""Finds, for one message after another, the most similar of the messages that were added before."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain

from backend.data.similarity.near_duplicates import THRESHOLD, grams_of
from backend.data.text import normal_message


class NearIndex:
    """An exact index of messages by their character 3-grams; messages are compared in normal form.

    A search takes time in proportion to the messages that share 3-grams, so an index is for some thousand messages.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._sizes: list[int] = []
        self._with_gram: dict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, message: str) -> None:
        """Adds a message; its position is the number of messages before it."""
        grams = grams_of(normal_message(message))
        for gram in grams:
            self._with_gram[gram].append(len(self._sizes))
        self._sizes.append(len(grams))

    def find(self, message: str) -> tuple[int, float] | None:
        """Returns the position and the similarity of the most similar message; None if none reaches the threshold."""
        grams = grams_of(normal_message(message))
        common = Counter(chain.from_iterable(self._with_gram.get(gram, ()) for gram in grams))
        best = max(
            ((shared / (len(grams) + self._sizes[at] - shared), -at) for at, shared in common.items()),
            default=(0.0, 0),
        )
        return (-best[1], best[0]) if common and best[0] >= self._threshold else None
