"""Greedy answers of many rows at once, the same as row by row: the prefix once, whole drafts checked in one pass.

A row's first draft is the answer it expects. As far as the model would have written that, token by token, it is the
answer; from the first token that differs, the known answer that begins like it is the next draft (speculative decoding,
Leviathan et al. 2023, with drafts that cost nothing). Without one it is written token by token. What the model computed
of a row is kept, and rows go through together, many at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor

from backend.tokens import STOP_IDS
from job_templates.ml.output_layer import likeliest
from job_templates.ml.packed_cache import Keys, PackedCache, RowKeys
from job_templates.ml.rows import TokenRow

STOP_SET = frozenset(STOP_IDS)
PASS_TOKENS = {"cpu": 256, "cuda": 2048}
"""Tokens read in one pass: enough to keep the device busy, few enough that rows which cannot see each other cost
little; attention grows with the square."""
ROWS_AT_ONCE = {"cpu": 32, "cuda": 128}
"""Rows that wait before they go on: each pass reads all weights once, whatever their number."""


class Drafts:
    """The answers that rows are known to have; `after` says how the commonest that begins like this one goes on."""

    def __init__(self, answers: Iterable[tuple[int, ...]]) -> None:
        self._known = [answer for answer, _ in Counter(answers).most_common()]

    def after(self, begun: Sequence[int]) -> tuple[int, ...]:
        """The rest of that answer; nothing where none begins so."""
        start = tuple(begun)
        return next((known[len(start) :] for known in self._known if known[: len(start)] == start), ())


@dataclass(slots=True)
class _Row:
    """A row under way: what is written of its answer, the tokens not read yet, how it may go on, and its keys."""

    number: int
    prompt: int
    answer: list[int]
    unread: tuple[int, ...]
    draft: tuple[int, ...]
    keys: RowKeys | None = None

    @property
    def read(self) -> tuple[int, ...]:
        """What a pass reads: nothing would follow the draft's last token."""
        return self.unread + self.draft[:-1]

    @property
    def asked(self) -> int:
        """After how many of those, the last ones, the next token is asked for."""
        return max(1, len(self.draft))

    @property
    def start(self) -> int:
        """The position of the first token not read."""
        return self.prompt + len(self.answer) - len(self.unread)


class SharedDecoder:
    """Answers rows that all begin with `prefix` (token ids), which is computed once, here.

    `pass_tokens` bounds what one pass reads, `rows_at_once` how many rows go on together; the defaults are the
    device's.
    """

    def __init__(
        self, model: Any, prefix: Sequence[int], pass_tokens: int | None = None, rows_at_once: int | None = None
    ) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self._pass_tokens = pass_tokens or PASS_TOKENS.get(self._device.type, PASS_TOKENS["cpu"])
        self._rows_at_once = rows_at_once or ROWS_AT_ONCE.get(self._device.type, ROWS_AT_ONCE["cpu"])
        self._skip = len(prefix)
        self._prefix = self._read_prefix(prefix) if prefix else []

    def answers(
        self, rows: Sequence[TokenRow], most_new: int, tell: Callable[[int], None] | None = None
    ) -> list[tuple[int, ...]]:
        """The greedy answer of each row, its stop token included, of at most `most_new` tokens.

        `tell` hears how many rows are done.
        """
        drafts = Drafts(row.completion for row in rows)
        fresh = [
            _Row(number, len(row.prompt), [], row.prompt[self._skip :], row.completion[:most_new])
            for number, row in enumerate(rows)
        ]
        waiting: list[_Row] = []
        found: dict[int, tuple[int, ...]] = {}
        while fresh or waiting:
            queue = fresh if fresh and len(waiting) < self._rows_at_once else waiting
            group = self._taken(queue)
            self._advance(group)
            for row in group:
                if len(row.answer) >= most_new or not STOP_SET.isdisjoint(row.answer):
                    found[row.number] = _until_stop(row.answer[:most_new])
                else:
                    row.draft = drafts.after(row.answer)[: most_new - len(row.answer)]
                    waiting.append(row)
            if tell is not None:
                tell(len(found))
        return [found[number] for number in range(len(rows))]

    @torch.inference_mode()
    def _read_prefix(self, prefix: Sequence[int]) -> Keys:
        cache = PackedCache(self._model, self._device, [])
        cache.read(list(prefix), range(len(prefix)), [0] * len(prefix))
        return cache.prefix_keys()

    def _taken(self, queue: list[_Row]) -> list[_Row]:
        """The next rows of a queue, taken out of it: one at least, else as many as a pass may read."""
        group: list[_Row] = []
        tokens = 0
        for row in queue[: self._rows_at_once]:
            tokens += len(row.read)
            if group and tokens > self._pass_tokens:
                break
            group.append(row)
        del queue[: len(group)]
        return group

    @torch.inference_mode()
    def _advance(self, group: Sequence[_Row]) -> None:
        """Read rows with their drafts; each is written as far as the model agrees with its draft, and one token on."""
        cache = PackedCache(self._model, self._device, self._prefix, [row.keys for row in group if row.keys])
        ids: list[int] = []
        positions: list[int] = []
        owners: list[int] = []
        wanted: list[int] = []
        for owner, row in enumerate(group, start=1):
            ids += row.read
            positions += range(row.start, row.start + len(row.read))
            owners += [owner] * len(row.read)
            wanted += range(len(ids) - row.asked, len(ids))
        guesses = self._guess(cache.read(ids, positions, owners)[wanted])
        for owner, row in enumerate(group, start=1):
            own, guesses = guesses[: row.asked], guesses[row.asked :]
            agreed = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(own, row.draft, strict=False)))
            row.answer += own[: agreed + 1]
            row.unread = (row.answer[-1],)
            row.keys = cache.row_keys(owner, row.start)

    def _guess(self, hidden: Tensor) -> list[int]:
        """The likeliest next token after each hidden state."""
        return [int(token) for token in likeliest(self._model.lm_head.weight, hidden)]


def _until_stop(answer: Sequence[int]) -> tuple[int, ...]:
    """The answer up to its first stop token, that one included."""
    end = next((at for at, token in enumerate(answer, start=1) if token in STOP_IDS), len(answer))
    return tuple(answer[:end])
