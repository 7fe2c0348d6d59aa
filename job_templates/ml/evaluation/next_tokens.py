"""The next tokens of a model from its hidden states, up to the first one that differs from a draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

import torch
from torch import Tensor

from job_templates.ml.evaluation.output_layer import likeliest

Written = tuple[list[int], list[float]]
"""Tokens, and the natural logarithm of the probability of each."""


class NextTokens:
    """An output layer with weights (vocabulary, size).

    `words` are tokens that are likely in answers, such as those of the expected answers and of the messages.
    """

    def __init__(self, weight: Tensor, words: Iterable[int]) -> None:
        self._weight = weight
        self._known = torch.tensor(sorted({0}.union(words)), device=weight.device)

    def written(self, states: Tensor, drafts: Iterable[tuple[int, Sequence[int]]]) -> list[Written]:
        """The next tokens of each row, up to and including the first one that differs from its draft.

        `states` is (states of all rows, size), row by row; each row has as many as the number in its pair of `drafts`.
        """
        drafts = list(drafts)
        best = (states @ self._weight[self._known].T).argmax(1)
        likely = torch.split(self._known[best], [count for count, _ in drafts])
        # if a known word has a larger logit than the draft's, the draft is wrong, and the rest of it is not needed
        sizes = [
            min(_agreed(guess.tolist(), draft) + 1, count) for guess, (count, draft) in zip(likely, drafts, strict=True)
        ]
        starts = torch.tensor([0, *(count for count, _ in drafts)]).cumsum(0).tolist()
        needed = torch.tensor([start + at for start, size in zip(starts, sizes, strict=False) for at in range(size)])
        tokens, logs = (
            torch.split(found, sizes) for found in likeliest(self._weight, states[needed.to(states.device)])
        )
        return [
            _until_it_differs(own.tolist(), log.tolist(), draft)
            for own, log, (_, draft) in zip(tokens, logs, drafts, strict=True)
        ]


def _until_it_differs(tokens: list[int], logs: list[float], draft: Sequence[int]) -> Written:
    """The tokens up to and including the first one that differs from the draft."""
    end = _agreed(tokens, draft) + 1
    return tokens[:end], logs[:end]


def _agreed(tokens: Sequence[int], draft: Sequence[int]) -> int:
    """The number of first tokens that are equal to the draft's."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tokens, draft, strict=False)))
