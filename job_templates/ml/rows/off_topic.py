"""Rows without a call that are trained on beside the user's: other ones of the pool in each epoch."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Protocol

from backend.data.text import guess_code
from backend.off_topic import Message
from job_templates.ml.rows.encoding import TokenRow

OWN_LANGUAGES = 0.75
"""The share of the messages that is in the languages of the user's rows; the others are in all languages of the pool.

Most messages that an app gets are in its users' language, and so are most of those that are not for its tools. If most
off-topic messages were in other languages, a model would learn that another language means no call.
"""


def in_languages_of(rows: Iterable[str], pool: Sequence[Message], count: int, seed: int) -> list[Message]:
    """Returns `count` messages of the pool in a random order, mostly in the languages of `rows`.

    Those of a language are used up before one of them comes again.
    """
    generator = random.Random(f"{seed}:off-topic")
    shuffled = generator.sample(pool, len(pool))
    piles = {code: cycle([one for one in shuffled if one.language == code]) for code in {one.language for one in pool}}
    weights = _weights(rows, pool)
    drawn = generator.choices(list(weights), list(weights.values()), k=count) if pool else []
    return [next(piles[code]) for code in drawn]


def _weights(rows: Iterable[str], pool: Sequence[Message]) -> dict[str, float]:
    """The share of each language of the pool; messages without a language keep theirs."""
    here = Counter(message.language for message in pool)
    spoken = Counter(code for code in map(guess_code, rows) if code and code in here)
    if not spoken:
        return dict(here)
    with_language = here.total() - here[""]
    return {
        code: number
        if not code
        else number * (1 - OWN_LANGUAGES) + with_language * OWN_LANGUAGES * spoken[code] / spoken.total()
        for code, number in sorted(here.items())
    }


class _Rows(Protocol):
    """A RowSource."""

    def __len__(self) -> int: ...

    def draw(self, index: int, epoch: int) -> TokenRow: ...


class WithOffTopic:
    """A RowSource of all `own` rows and, after them, `extra` rows of `pool`.

    The pool is used up before one of its rows is drawn again.
    """

    def __init__(self, own: _Rows, pool: _Rows, extra: int) -> None:
        self._own = own
        self._pool = pool
        self._extra = extra

    def __len__(self) -> int:
        return len(self._own) + self._extra

    def draw(self, index: int, epoch: int) -> TokenRow:
        """Returns the row at `index` for this epoch."""
        if index < len(self._own):
            return self._own.draw(index, epoch)
        at = epoch * self._extra + index - len(self._own)
        return self._pool.draw(at % len(self._pool), epoch)
