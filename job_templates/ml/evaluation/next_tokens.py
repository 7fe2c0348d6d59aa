"""The tokens that a model writes after its hidden states, as far as a draft of them holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

import torch
from torch import Tensor

from job_templates.ml.evaluation.bounded import BoundedLayer
from job_templates.ml.evaluation.output_layer import likeliest

LARGE = 32768
"""Words of a vocabulary from which on bounds are worth it,"""
MANY = 1000
"""and states to come."""
EXAMPLES = 256
"""States that say where the others lie."""


class NextTokens:
    """The output layer of weights (vocabulary, size) for rows whose answers are expected to be `answers`.

    They may hold tokens of `words` too: of the messages, say.
    """

    def __init__(self, weight: Tensor, answers: Sequence[Sequence[int]], words: Iterable[int] = ()) -> None:
        self._weight = weight
        self._known = torch.tensor(sorted({0}.union(words, *answers)), device=weight.device)
        fits = weight.device.type == "cpu" and weight.dtype == torch.float32 and len(weight) >= LARGE
        self._bounds_pay = fits and sum(map(len, answers)) >= MANY
        self._bounded: BoundedLayer | None = None

    def written(self, states: Tensor, drafts: Iterable[tuple[int, Sequence[int]]]) -> list[list[int]]:
        """What is written for each row, the first token that differs from its draft included.

        `states` (all rows' states, size) hold for each row, in order, as many as the number beside its draft.
        """
        drafts = list(drafts)
        logits, best = (states @ self._weight[self._known].T).max(1)
        likely = torch.split(self._known[best], [asked for asked, _ in drafts])
        # where a known word beats the draft's the draft is wrong, and what is behind it is not asked for
        sizes = [
            min(_agreed(guess.tolist(), draft) + 1, asked) for guess, (asked, draft) in zip(likely, drafts, strict=True)
        ]
        starts = torch.tensor([0, *(asked for asked, _ in drafts)]).cumsum(0).tolist()
        needed = torch.tensor([start + at for start, size in zip(starts, sizes, strict=False) for at in range(size)])
        needed = needed.to(states.device)
        tokens = torch.split(self._likeliest(states[needed], logits[needed]), sizes)
        return [
            own.tolist()[: _agreed(own.tolist(), draft) + 1] for own, (_, draft) in zip(tokens, drafts, strict=True)
        ]

    def _likeliest(self, states: Tensor, known: Tensor) -> Tensor:
        if self._bounds_pay and self._bounded is None and len(states) >= EXAMPLES:
            self._bounded = BoundedLayer(self._weight, states)
        return likeliest(self._weight, states) if self._bounded is None else self._bounded.likeliest(states, known)


def _agreed(tokens: Sequence[int], draft: Sequence[int]) -> int:
    """With how many tokens of the draft these begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tokens, draft, strict=False)))
