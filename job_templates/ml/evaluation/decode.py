"""Greedy answers of many rows at once, equal to those of one row at a time.

The shared prefix is computed once. Each row is decoded speculatively (Leviathan et al. 2023): its draft is verified in
one pass, and the answer is the draft up to the first token that the model would not have written. The first draft is
the expected answer of the row, the next one is the continuation of a known answer that starts in the same way. Without
a draft the model decodes token by token. Keys and values of a row are cached, and many rows share a pass.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from backend.prompts import STOP_IDS
from job_templates.ml.evaluation.next_tokens import NextTokens
from job_templates.ml.models import run_threads
from job_templates.ml.rows import TokenRow
from job_templates.ml.shared_prefix import Keys, PackedCache, RowKeys


class Drafts:
    """The known answers, the most frequent first; they give drafts."""

    def __init__(self, answers: Iterable[tuple[int, ...]]) -> None:
        self._known = [answer for answer, _ in Counter(answers).most_common()]

    def continuation(self, begun: Sequence[int]) -> tuple[int, ...]:
        """The continuation of the most frequent known answer that starts with `begun` (not empty).

        If there is none: what follows the longest match of the last tokens of `begun` in a known answer (prompt lookup
        decoding, Saxena 2023). Empty if no known answer contains the last token.
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
    """The number of last tokens of `begun` that are equal to those before `end` in a known answer."""
    same = 0
    while same < min(len(begun), end) and begun[-1 - same] == known[end - 1 - same]:
        same += 1
    return same


STOP_SET = frozenset(STOP_IDS)
PASS_TOKENS = {"cpu": 384, "cuda": 2048}
"""The most tokens of a pass: enough to use the device fully, few enough that the cache stays small."""
ROWS_AT_ONCE = {"cpu": 64, "cuda": 128}
"""Rows whose next tokens are computed together, because the weights of the output layer are then read once for all."""
FEW_TOKENS = 32
"""The fewest tokens of a thread: fewer are faster with all threads on one pass."""


@dataclass(frozen=True, slots=True)
class DecodedAnswer:
    """The tokens of an answer, its stop token included, and the probability that the model gives to all of them.

    The probability is the product over the tokens, from 0 to 1, without a sampling temperature.
    """

    tokens: tuple[int, ...]
    probability: float

    @classmethod
    def of(cls, tokens: Sequence[int], logs: Sequence[float]) -> DecodedAnswer:
        """Returns the answer up to its first stop token; `logs` has the logarithm of each token's probability."""
        end = next((at for at, token in enumerate(tokens, start=1) if token in STOP_SET), len(tokens))
        return cls(tuple(tokens[:end]), min(1.0, math.exp(math.fsum(logs[:end]))))


@dataclass(slots=True)
class _Row:
    """A row that is being decoded: its answer so far, the tokens not read yet, the draft, and the cached keys.

    `logs` has the logarithm of the probability of each token of the answer.
    """

    number: int
    prompt: int
    answer: list[int]
    unread: tuple[int, ...]
    draft: tuple[int, ...]
    keys: RowKeys | None = None
    logs: list[float] = field(default_factory=list)

    @property
    def read(self) -> tuple[int, ...]:
        """The tokens that a pass reads: without the draft's last one, whose successor is not needed."""
        return self.unread + self.draft[:-1]

    @property
    def requested(self) -> int:
        """The number of last tokens of `read` after which the next token is computed."""
        return max(1, len(self.draft))

    @property
    def start(self) -> int:
        """The position of the first token not read."""
        return self.prompt + len(self.answer) - len(self.unread)

    def ended(self, most_new: int) -> bool:
        """Whether the answer is complete: it contains a stop token, or has `most_new` tokens."""
        return len(self.answer) >= most_new or not STOP_SET.isdisjoint(self.answer)


class SharedDecoder:
    """Answers rows whose prompts all start with `prefix` (token ids), which is computed once, here.

    `pass_tokens` is the most tokens of a pass, `rows_at_once` the most rows that are decoded together; the defaults
    depend on the device.
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
        self, rows: Sequence[TokenRow], most_new: int, report: Callable[[int], None] | None = None
    ) -> list[DecodedAnswer]:
        """The greedy answer of each row, of at most `most_new` tokens.

        `report` is called with the number of rows that are done.
        """
        drafts = Drafts(row.completion for row in rows)
        message_tokens = {token for row in rows for token in row.prompt[self._skip :]}
        words = NextTokens(self._model.lm_head.weight, message_tokens.union(*(row.completion for row in rows)))
        fresh = [
            _Row(number, len(row.prompt), [], row.prompt[self._skip :], row.completion[:most_new])
            for number, row in enumerate(rows)
        ]
        waiting: list[_Row] = []
        found: dict[int, DecodedAnswer] = {}
        while fresh or waiting:
            queue = fresh if fresh and len(waiting) < self._rows_at_once else waiting
            some = queue[: self._rows_at_once]
            del queue[: len(some)]
            self._advance(some, words, most_new)
            for row in some:
                if row.ended(most_new):
                    found[row.number] = DecodedAnswer.of(row.answer[:most_new], row.logs)
                else:
                    row.draft = drafts.continuation(row.answer)[: most_new - len(row.answer)]
                    waiting.append(row)
            if report is not None:
                report(len(found))
        return [found[number] for number in range(len(rows))]

    @torch.inference_mode()
    def _read_prefix(self, prefix: Sequence[int]) -> Keys:
        cache = PackedCache(self._model, self._device, [])
        cache.read(prefix, range(len(prefix)), [0] * len(prefix), [len(prefix) - 1])
        return cache.prefix_keys()

    @torch.inference_mode()
    def _advance(self, rows: Sequence[_Row], words: NextTokens, most_new: int) -> None:
        """Read the rows with their drafts; append to each answer the verified part of its draft and one more token."""
        passes = self._passes(rows)
        read = (
            run_threads(self._read, passes) if self._device.type == "cpu" else [self._read(group) for group in passes]
        )
        ordered = [row for group in passes for row in group]
        written = words.written(
            torch.cat([states for _, states in read]), [(row.requested, row.draft) for row in ordered]
        )
        for row, (tokens, logs) in zip(ordered, written, strict=True):
            row.answer += tokens
            row.logs += logs
        for group, (cache, _) in zip(passes, read, strict=True):
            for owner, row in enumerate(group, start=1):
                if not row.ended(most_new):
                    row.unread = (row.answer[-1],)
                    row.keys = cache.row_keys(owner, row.start)

    def _passes(self, rows: Sequence[_Row]) -> list[list[_Row]]:
        """The rows in as few passes as can hold them, or in one pass for each thread."""
        tokens = sum(len(row.read) for row in rows)
        threads = torch.get_num_threads() if self._device.type == "cpu" else 1
        number = max(-(-tokens // self._pass_tokens), min(threads, tokens // FEW_TOKENS), 1)
        passes: list[list[_Row]] = [[] for _ in range(number)]
        filled = 0
        for row in rows:
            passes[min(filled * number // tokens, number - 1)].append(row)
            filled += len(row.read)
        return [group for group in passes if group]

    def _read(self, group: Sequence[_Row]) -> tuple[PackedCache, Tensor]:
        """Run one pass over rows; returns its cache and the hidden states (tokens, hidden) of next tokens."""
        cache = PackedCache(self._model, self._device, self._prefix, [row.keys for row in group if row.keys])
        ids: list[int] = []
        positions: list[int] = []
        owners: list[int] = []
        predicting: list[int] = []
        for owner, row in enumerate(group, start=1):
            ids += row.read
            positions += range(row.start, row.start + len(row.read))
            owners += [owner] * len(row.read)
            predicting += range(len(ids) - row.requested, len(ids))
        return cache, cache.read(ids, positions, owners, predicting)
