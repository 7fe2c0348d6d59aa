"""Rows in other writings: without capital letters and marks, as speech recognition writes.

The product's off-topic messages are mostly in lower case, and most users' rows are not. Measured on 2026-11-28: a 270M
that was trained on cycling with off-topic messages as they are written in the pool missed 221 of 249 calls when these
were asked in lower case and without marks, because lower case alone meant "no call" (docs/training.md, "Silence"). So
the user's rows are also trained on in other writings, and each off-topic message has the writing of one of these rows.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from backend.data.rows import other_writings
from backend.data.text import Writing
from backend.off_topic import Message
from backend.records import Example
from job_templates.ml.rows.encoding import TokenRow

Row = TypeVar("Row")
SHARE = 1 / 3
"""The share of draws of a row in another writing."""


def drawn_writing(example: Example, generator: random.Random) -> Example:
    """Returns the row as it is written or, in a share of the draws, in another writing."""
    return _drawn(example, other_writings(example), generator)


def written_as_rows(messages: Sequence[Message], rows: Sequence[Example], seed: int) -> list[Message]:
    """Returns the messages, each in the writing of one of `rows` as it may be drawn.

    So how a message is written says nothing about whether a tool is called.
    """
    generator = random.Random(f"{seed}:writing")
    return [
        replace(
            message,
            text=Writing.of(drawn_writing(generator.choice(rows), generator).message).applied(
                message.text, message.language
            ),
        )
        for message in messages
    ]


class WrittenRows:
    """A RowSource of `rows`, of which each has `others`: the same row in other writings."""

    def __init__(self, rows: Sequence[TokenRow], others: Sequence[Sequence[TokenRow]], seed: int) -> None:
        self._rows = rows
        self._others = others
        self._seed = seed

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, index: int, epoch: int) -> TokenRow:
        """Returns the row at `index`; the same seed and epoch give the same writing."""
        generator = random.Random(f"{self._seed}:writing:{index}:{epoch}")
        return _drawn(self._rows[index], self._others[index], generator)


def _drawn(row: Row, others: Sequence[Row], generator: random.Random) -> Row:
    """The row or, in a share of the draws, one of the others."""
    return generator.choice(others) if others and generator.random() < SHARE else row
