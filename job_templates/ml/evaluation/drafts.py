"""How an answer may go on, guessed from those that are known: a guess costs a glance, a right one saves passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


class Drafts:
    """The answers that rows are known to have, the commonest first."""

    def __init__(self, answers: Iterable[tuple[int, ...]]) -> None:
        self._known = [answer for answer, _ in Counter(answers).most_common()]

    def after(self, begun: Sequence[int]) -> tuple[int, ...]:
        """How the commonest known answer goes on that begins so; else one that holds the most of its last tokens.

        Looking up what followed the same tokens elsewhere is prompt lookup decoding (Saxena 2023). Nothing where not
        even the last token is known.
        """
        start = tuple(begun)
        for known in self._known:
            if known[: len(start)] == start:
                return known[len(start) :]
        best = 0
        rest: tuple[int, ...] = ()
        for known in self._known:
            for end in range(1, len(known)):
                same = _same_before(start, known, end) if known[end - 1] == start[-1] else 0
                if same > best:
                    best, rest = same, known[end:]
        return rest


def _same_before(begun: tuple[int, ...], known: tuple[int, ...], end: int) -> int:
    """How many of the last tokens of `begun` stand before `end` in a known answer."""
    same = 0
    while same < min(len(begun), end) and begun[-1 - same] == known[end - 1 - same]:
        same += 1
    return same
