"""Greedy answers of many rows at once, the same as row by row: the prefix once, expected answers checked in one pass.

A row whose expected answer is what the model would have written, token by token, needs no generation. Any other row
goes on from the first token that differs; what the model computed up to there is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from backend.tokens import STOP_IDS
from job_templates.ml.packs import PADDING, visible
from job_templates.ml.rows import TokenRow

STOP_SET = frozenset(STOP_IDS)
CHUNK_TOKENS = 1024
"""Tokens computed in one pass; a bound on memory and on the masks, which grow with its square."""


class SharedDecoder:
    """Answers rows that all begin with `prefix` (token ids), which is computed once, here.

    `chunk_tokens` bounds what one pass computes.
    """

    def __init__(self, model: Any, prefix: Sequence[int], chunk_tokens: int = CHUNK_TOKENS) -> None:
        self._model = model
        self._chunk_tokens = chunk_tokens
        self._device = next(model.parameters()).device
        self._prefix = torch.tensor([list(prefix)], dtype=torch.long, device=self._device)
        self._keys: list[tuple[Tensor, Tensor]] = []
        if prefix:
            chunk = _Chunk(model, self._device, self._prefix.new_empty(0), [])
            chunk.read(self._prefix[0], torch.arange(len(prefix)), torch.zeros(len(prefix), dtype=torch.long))
            self._keys = chunk.keys()

    def answers(
        self, rows: Sequence[TokenRow], most_new: int, tell: Callable[[int], None] | None = None
    ) -> list[tuple[int, ...]]:
        """The greedy answer of each row, its stop token included, of at most `most_new` tokens.

        `tell` hears how many rows are done.
        """
        found: list[tuple[int, ...]] = []
        for group in _groups(rows, self._prefix.shape[1], self._chunk_tokens):
            found += self._answer(group, most_new)
            if tell is not None:
                tell(len(found))
        return found

    @torch.inference_mode()
    def _answer(self, rows: Sequence[TokenRow], most_new: int) -> list[tuple[int, ...]]:
        chunk = _Chunk(self._model, self._device, self._prefix[0], self._keys)
        starts, predicted = self._verify(chunk, rows)
        answers: list[list[int]] = []
        for owner, (row, start) in enumerate(zip(rows, starts, strict=True), start=1):
            guesses = predicted[start : start + len(row.completion)]
            right = next(
                (at for at, pair in enumerate(zip(guesses, row.completion, strict=True)) if pair[0] != pair[1]), None
            )
            if right is None:
                answers.append(list(row.completion))
            else:
                answers.append([*row.completion[:right], guesses[right]])
                chunk.forget(owner, len(row.prompt) + right)
        self._continue(chunk, rows, answers, most_new)
        return [_until_stop(answer[:most_new]) for answer in answers]

    def _verify(self, chunk: _Chunk, rows: Sequence[TokenRow]) -> tuple[list[int], list[int]]:
        """Read every row with its expected answer; where each answer's guesses begin, and the guesses."""
        skip = self._prefix.shape[1]
        ids: list[int] = []
        positions: list[int] = []
        owners: list[int] = []
        wanted: list[int] = []
        starts: list[int] = []
        for owner, row in enumerate(rows, start=1):
            begin = len(ids) - skip
            starts.append(len(wanted))
            wanted += range(begin + len(row.prompt) - 1, begin + len(row) - 1)
            ids += (row.prompt + row.completion)[skip:]
            positions += range(skip, len(row))
            owners += [owner] * (len(row) - skip)
        hidden = chunk.read(torch.tensor(ids), torch.tensor(positions), torch.tensor(owners))
        return starts, self._guess(hidden[torch.tensor(wanted, device=self._device)])

    def _continue(self, chunk: _Chunk, rows: Sequence[TokenRow], answers: list[list[int]], most_new: int) -> None:
        """Write on, all unfinished rows a token at a time, until each has stopped or is full."""
        while True:
            open_rows = [
                index for index, answer in enumerate(answers) if len(answer) < most_new and STOP_SET.isdisjoint(answer)
            ]
            if not open_rows:
                return
            hidden = chunk.read(
                torch.tensor([answers[index][-1] for index in open_rows]),
                torch.tensor([len(rows[index].prompt) + len(answers[index]) - 1 for index in open_rows]),
                torch.tensor([index + 1 for index in open_rows]),
            )
            for index, guess in zip(open_rows, self._guess(hidden), strict=True):
                answers[index].append(guess)

    def _guess(self, hidden: Tensor) -> list[int]:
        """The likeliest next token after each hidden state."""
        guesses: list[int] = self._model.lm_head(hidden).argmax(-1).tolist()
        return guesses


class _Chunk:
    """Rows side by side in one sequence, behind the prefix: a growing cache, and whose each of its keys is."""

    def __init__(self, model: Any, device: torch.device, prefix: Tensor, keys: Sequence[tuple[Tensor, Tensor]]) -> None:
        self._model = model
        self._device = device
        # without a config the cache keeps every key; the window is the masks' business
        self._cache = DynamicCache()
        for layer, (key, value) in enumerate(keys):
            self._cache.update(key, value, layer)
        self._owners = torch.zeros((1, len(prefix)), dtype=torch.long, device=device)
        self._positions = torch.arange(len(prefix), device=device)[None]
        self._window = int(model.config.sliding_window or model.config.max_position_embeddings)

    def read(self, ids: Tensor, positions: Tensor, owners: Tensor) -> Tensor:
        """Compute these tokens of rows `owners` at `positions`; the hidden state of each, (tokens, hidden)."""
        ids, positions, owners = (part.to(self._device)[None] for part in (ids, positions, owners))
        self._owners = torch.cat([self._owners, owners], dim=1)
        self._positions = torch.cat([self._positions, positions], dim=1)
        output = self._model.model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=visible(owners, positions, self._owners, self._positions, self._window),
            past_key_values=self._cache,
            use_cache=True,
        )
        hidden: Tensor = output.last_hidden_state[0]
        return hidden

    def forget(self, owner: int, position: int) -> None:
        """Drop what a row computed from `position` on: the model would have written something else there."""
        self._owners[(self._owners == owner) & (self._positions >= position)] = PADDING

    def keys(self) -> list[tuple[Tensor, Tensor]]:
        """The keys and values of every layer."""
        return [(layer.keys, layer.values) for layer in self._cache.layers]


def _until_stop(answer: Sequence[int]) -> tuple[int, ...]:
    """The answer up to its first stop token, that one included."""
    end = next((at for at, token in enumerate(answer, start=1) if token in STOP_IDS), len(answer))
    return tuple(answer[:end])


def _groups(rows: Sequence[TokenRow], prefix: int, most: int) -> Iterator[list[TokenRow]]:
    """The rows in order, as many at a time as fit one pass."""
    group: list[TokenRow] = []
    tokens = 0
    for row in rows:
        size = len(row) - prefix
        if group and tokens + size > most:
            yield group
            group, tokens = [], 0
        group.append(row)
        tokens += size
    if group:
        yield group
