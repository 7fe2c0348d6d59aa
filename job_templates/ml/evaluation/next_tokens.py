"""The next tokens of a model from its hidden states, up to the first one that differs from a draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

import torch
from torch import Tensor

from job_templates.ml.evaluation.bounded import BoundedLayer
from job_templates.ml.evaluation.output_layer import likeliest

LARGE = 32768
"""The smallest vocabulary for which bounds are used."""
MANY = 1000
"""The fewest expected answer tokens for which bounds are used."""
EXAMPLES = 256
"""The fewest hidden states from which the directions of the bounds are computed."""


class NextTokens:
    """An output layer with weights (vocabulary, size), for rows whose expected answers are `answers`.

    `words` are further tokens that are likely in answers, such as those of the messages.
    """

    def __init__(self, weight: Tensor, answers: Sequence[Sequence[int]], words: Iterable[int] = ()) -> None:
        self._weight = weight
        self._known = torch.tensor(sorted({0}.union(words, *answers)), device=weight.device)
        fits = weight.device.type == "cpu" and weight.dtype == torch.float32 and len(weight) >= LARGE
        self._bounds_pay = fits and sum(map(len, answers)) >= MANY
        self._bounded: BoundedLayer | None = None

    def written(self, states: Tensor, drafts: Iterable[tuple[int, Sequence[int]]]) -> list[list[int]]:
        """The next tokens of each row, up to and including the first one that differs from its draft.

        `states` is (states of all rows, size), row by row; each row has as many as the number in its pair of `drafts`.
        """
        drafts = list(drafts)
        logits, best = (states @ self._weight[self._known].T).max(1)
        likely = torch.split(self._known[best], [count for count, _ in drafts])
        # if a known word has a larger logit than the draft's, the draft is wrong, and the rest of it is not needed
        sizes = [
            min(_agreed(guess.tolist(), draft) + 1, count) for guess, (count, draft) in zip(likely, drafts, strict=True)
        ]
        starts = torch.tensor([0, *(count for count, _ in drafts)]).cumsum(0).tolist()
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
    """The number of first tokens that are equal to the draft's."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tokens, draft, strict=False)))
