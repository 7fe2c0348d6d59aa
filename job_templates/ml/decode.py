"""Greedy answers of many rows at once, the same as row by row: the prefix once, expected answers checked in one pass.

A row whose expected answer is what the model would have written, token by token, needs no generation. Any other row
goes on from the first token that differs, many rows at a time; what the model computed up to there is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from backend.tokens import STOP_IDS
from job_templates.ml.output_layer import likeliest
from job_templates.ml.packed_cache import Keys, PackedCache, RowKeys
from job_templates.ml.rows import TokenRow

STOP_SET = frozenset(STOP_IDS)
CHUNK_TOKENS = {"cpu": 256, "cuda": 2048}
"""Tokens verified in one pass: enough to keep the device busy, few enough that rows which cannot see each other cost
little; attention grows with the square."""
ROWS_AT_ONCE = {"cpu": 32, "cuda": 128}
"""Rows that are written on together: each step reads all weights once, whatever their number."""


@dataclass(slots=True)
class _Row:
    """A row with what is written of its answer: its number, its prompt's length, and, if it goes on, its keys."""

    number: int
    prompt: int
    answer: list[int]
    keys: RowKeys | None = None


class SharedDecoder:
    """Answers rows that all begin with `prefix` (token ids), which is computed once, here.

    `chunk_tokens` bounds what one pass verifies, `rows_at_once` how many rows are written on together; the defaults
    are the device's.
    """

    def __init__(
        self, model: Any, prefix: Sequence[int], chunk_tokens: int | None = None, rows_at_once: int | None = None
    ) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self._chunk_tokens = chunk_tokens or CHUNK_TOKENS.get(self._device.type, CHUNK_TOKENS["cpu"])
        self._rows_at_once = rows_at_once or ROWS_AT_ONCE.get(self._device.type, ROWS_AT_ONCE["cpu"])
        self._skip = len(prefix)
        self._prefix = self._read_prefix(prefix) if prefix else []

    def answers(
        self, rows: Sequence[TokenRow], most_new: int, tell: Callable[[int], None] | None = None
    ) -> list[tuple[int, ...]]:
        """The greedy answer of each row, its stop token included, of at most `most_new` tokens.

        Every row expects at least one token. `tell` hears how many rows are done.
        """
        found: dict[int, tuple[int, ...]] = {}
        waiting: list[_Row] = []
        for group in _groups(rows, self._skip, self._chunk_tokens):
            for row in self._verify(group, most_new):
                if row.keys is None:
                    found[row.number] = _until_stop(row.answer[:most_new])
                else:
                    waiting.append(row)
            while len(waiting) >= self._rows_at_once:
                found |= self._write_on(waiting[: self._rows_at_once], most_new)
                del waiting[: self._rows_at_once]
            if tell is not None:
                tell(len(found))
        if waiting:
            found |= self._write_on(waiting, most_new)
            if tell is not None:
                tell(len(found))
        return [found[number] for number in range(len(rows))]

    @torch.inference_mode()
    def _read_prefix(self, prefix: Sequence[int]) -> Keys:
        cache = PackedCache(self._model, self._device, [])
        cache.read(list(prefix), range(len(prefix)), [0] * len(prefix))
        return cache.prefix_keys()

    @torch.inference_mode()
    def _verify(self, group: Sequence[tuple[int, TokenRow]], most_new: int) -> list[_Row]:
        """Read rows with their expected answers; each is written as far as the model agrees, and one token on."""
        cache = PackedCache(self._model, self._device, self._prefix)
        ids: list[int] = []
        positions: list[int] = []
        owners: list[int] = []
        wanted: list[int] = []
        for owner, (_, row) in enumerate(group, start=1):
            first = len(ids) - self._skip
            wanted += range(first + len(row.prompt) - 1, first + len(row) - 1)
            ids += (row.prompt + row.completion)[self._skip : -1]  # nothing follows the last token
            positions += range(self._skip, len(row) - 1)
            owners += [owner] * (len(row) - 1 - self._skip)
        guesses = self._guess(cache.read(ids, positions, owners)[wanted])
        written = []
        for owner, (number, row) in enumerate(group, start=1):
            own, guesses = guesses[: len(row.completion)], guesses[len(row.completion) :]
            agreed = next(
                (at for at, pair in enumerate(zip(own, row.completion, strict=True)) if pair[0] != pair[1]), None
            )
            answer = own if agreed is None else own[: agreed + 1]
            keys = None if _full(answer, most_new) else cache.row_keys(owner, len(row.prompt) + len(answer) - 1)
            written.append(_Row(number, len(row.prompt), answer, keys))
        return written

    @torch.inference_mode()
    def _write_on(self, rows: Sequence[_Row], most_new: int) -> dict[int, tuple[int, ...]]:
        """Write these rows on, a token of each at a time, until each has stopped or is full; their answers."""
        cache = PackedCache(self._model, self._device, self._prefix, [row.keys for row in rows if row.keys])
        owners = dict(enumerate(rows, start=1))
        while owners:
            hidden = cache.read(
                [row.answer[-1] for row in owners.values()],
                [row.prompt + len(row.answer) - 1 for row in owners.values()],
                list(owners),
            )
            for row, guess in zip(owners.values(), self._guess(hidden), strict=True):
                row.answer.append(guess)
            owners = {owner: row for owner, row in owners.items() if not _full(row.answer, most_new)}
        return {row.number: _until_stop(row.answer) for row in rows}

    def _guess(self, hidden: Tensor) -> list[int]:
        """The likeliest next token after each hidden state."""
        return [int(token) for token in likeliest(self._model.lm_head.weight, hidden)]


def _full(answer: Sequence[int], most_new: int) -> bool:
    """Whether an answer has stopped, or has as many tokens as it may."""
    return len(answer) >= most_new or not STOP_SET.isdisjoint(answer)


def _until_stop(answer: Sequence[int]) -> tuple[int, ...]:
    """The answer up to its first stop token, that one included."""
    end = next((at for at, token in enumerate(answer, start=1) if token in STOP_IDS), len(answer))
    return tuple(answer[:end])


def _groups(rows: Sequence[TokenRow], prefix: int, most: int) -> Iterator[list[tuple[int, TokenRow]]]:
    """The rows with their numbers, in order, as many at a time as fit one pass."""
    group: list[tuple[int, TokenRow]] = []
    tokens = 0
    for number, row in enumerate(rows):
        size = len(row) - prefix
        if group and tokens + size > most:
            yield group
            group, tokens = [], 0
        group.append((number, row))
        tokens += size
    if group:
        yield group
