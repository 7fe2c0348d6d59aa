"""The rows of a search's trials: all of them are on the training side of the run's own split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from backend.data import split_examples
from backend.errors import InputError
from backend.off_topic import Relation, as_rows, taught_messages
from backend.records import Example, Tool
from backend.runs import RunConfig, answers_by_language

FOLD_SHARE = 0.15
"""The share of the training rows that a fold holds out."""
MOST_ROWS, MOST_SILENT = 400, 100
"""The most rows and the most off-topic messages of a fold: a training evaluates 500 held-out rows (train.py)."""
SILENT_SHARE = 0.2
FEWEST_ROWS = 4
"""The fewest held-out rows of a fold that can tell settings apart at all."""


def folds(
    rows: Sequence[Example], tools: Sequence[Tool], config: RunConfig, count: int
) -> tuple[tuple[Example, ...], ...]:
    """Returns `count` sets of rows, one for each fold: its held-out rows have the split "test", the others "train".

    `rows` are the run's training rows. No row is held out in two folds. If the training teaches silence, off-topic
    messages are held out, too. Raises InputError if there are too few rows.
    """
    own = [replace(row, split=None) for row in rows]
    rest = [row for row in own if not row.is_grown]
    whole, found = len(rest), []
    for number in range(count):
        held_out = _held_out(rest, tools, FOLD_SHARE * whole, config.seed + number)
        if len(held_out) < FEWEST_ROWS:
            raise InputError(
                f"{whole} rows to train on are too few to search: {count} times, other rows are held out of them. Add "
                "rows, or give fewer --seeds."
            )
        taken = {row.id for row in held_out}
        rest = [row for row in rest if row.id not in taken]
        found.append(held_out)
    silent = _silent(own, tools, config, found)
    return tuple(_divided(own, held_out[:MOST_ROWS], more) for held_out, more in zip(found, silent, strict=True))


def _held_out(rows: Sequence[Example], tools: Sequence[Tool], wanted: float, seed: int) -> tuple[Example, ...]:
    """About `wanted` of the rows, half of them at most; none if they cannot be divided."""
    try:
        return split_examples(rows, tools, min(0.5, wanted / len(rows)), seed).test if rows else ()
    except InputError:
        return ()


def _divided(rows: Sequence[Example], held_out: Sequence[Example], silent: Sequence[Example]) -> tuple[Example, ...]:
    tested = {row.id for row in held_out}
    train = [replace(row, split="train") for row in rows if row.id not in tested]
    return (*train, *(replace(row, split="test") for row in (*held_out, *silent)))


def _silent(
    rows: Sequence[Example], tools: Sequence[Tool], config: RunConfig, held_out: Sequence[Sequence[Example]]
) -> list[tuple[Example, ...]]:
    """Off-topic messages of the training's own pool for each fold, other ones in each; none if silence is not taught.

    The messages that evaluations ask are not used, because they measure the result.
    """
    if not config.stay_silent:
        return [() for _ in held_out]
    messages = list(Relation(tools, rows).select(taught_messages(), config.kept_topics).messages)
    Random(config.seed).shuffle(messages)
    answers, found, start = answers_by_language(config.no_call_answer), [], 0
    for part in held_out:
        size = min(MOST_SILENT, round(len(part) * SILENT_SHARE / (1 - SILENT_SHARE)))
        found.append(as_rows(messages[start : start + size], answers))
        start += size
    return found
