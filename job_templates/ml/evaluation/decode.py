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
from typing import Any

import torch
from torch import Tensor

from backend.prompts import STOP_IDS
from job_templates.ml.evaluation.next_tokens import NextTokens
from job_templates.ml.models import run_threads
from job_templates.ml.rows import TokenRow
from job_templates.ml.shared_prefix import Keys, PackedCache, RowKeys


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


STOP_SET = frozenset(STOP_IDS)
PASS_TOKENS = {"cpu": 384, "cuda": 2048}
"""Tokens read in one pass: enough to keep the device busy, few enough that what they leave behind stays small."""
ROWS_AT_ONCE = {"cpu": 64, "cuda": 128}
"""Rows whose next tokens are found together, and that wait before they go on: the output layer is read once for all."""
FEW_TOKENS = 32
"""Tokens a thread: fewer are read faster by all threads together."""


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

    def ended(self, most_new: int) -> bool:
        """Whether nothing more is written: after a stop token, or at the most tokens."""
        return len(self.answer) >= most_new or not STOP_SET.isdisjoint(self.answer)


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
        spoken = {token for row in rows for token in row.prompt[self._skip :]}
        words = NextTokens(self._model.lm_head.weight, [row.completion for row in rows], spoken)
        fresh = [
            _Row(number, len(row.prompt), [], row.prompt[self._skip :], row.completion[:most_new])
            for number, row in enumerate(rows)
        ]
        waiting: list[_Row] = []
        found: dict[int, tuple[int, ...]] = {}
        while fresh or waiting:
            queue = fresh if fresh and len(waiting) < self._rows_at_once else waiting
            some = queue[: self._rows_at_once]
            del queue[: len(some)]
            self._advance(some, words, most_new)
            for row in some:
                if row.ended(most_new):
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
        cache.read(prefix, range(len(prefix)), [0] * len(prefix), [len(prefix) - 1])
        return cache.prefix_keys()

    @torch.inference_mode()
    def _advance(self, rows: Sequence[_Row], words: NextTokens, most_new: int) -> None:
        """Read rows with their drafts; each is written as far as the model agrees with its draft, and one token on."""
        passes = self._passes(rows)
        read = (
            run_threads(self._read, passes) if self._device.type == "cpu" else [self._read(group) for group in passes]
        )
        ordered = [row for group in passes for row in group]
        written = words.written(torch.cat([states for _, states in read]), [(row.asked, row.draft) for row in ordered])
        for row, tokens in zip(ordered, written, strict=True):
            row.answer += tokens
        for group, (cache, _) in zip(passes, read, strict=True):
            for owner, row in enumerate(group, start=1):
                if not row.ended(most_new):
                    row.unread = (row.answer[-1],)
                    row.keys = cache.row_keys(owner, row.start)

    def _passes(self, rows: Sequence[_Row]) -> list[list[_Row]]:
        """The rows in as few passes as may hold them, or as many as there are threads to read them side by side."""
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
        """One pass over rows, and the hidden states after which their next tokens are asked for."""
        cache = PackedCache(self._model, self._device, self._prefix, [row.keys for row in group if row.keys])
        ids: list[int] = []
        positions: list[int] = []
        owners: list[int] = []
        asked: list[int] = []
        for owner, row in enumerate(group, start=1):
            ids += row.read
            positions += range(row.start, row.start + len(row.read))
            owners += [owner] * len(row.read)
            asked += range(len(ids) - row.asked, len(ids))
        return cache, cache.read(ids, positions, owners, asked)


def _until_stop(answer: Sequence[int]) -> tuple[int, ...]:
    """The answer up to its first stop token, that one included."""
    end = next((at for at, token in enumerate(answer, start=1) if token in STOP_IDS), len(answer))
    return tuple(answer[:end])
