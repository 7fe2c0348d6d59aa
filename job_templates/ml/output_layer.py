"""The likeliest next token, without a whole table of logits."""

from __future__ import annotations

import torch
from torch import Tensor

SLICE = 4096
"""Vocabulary entries multiplied at a time on a CPU: their weights and logits stay in its cache."""


def likeliest(weight: Tensor, hidden: Tensor) -> Tensor:
    """The token of the largest logit for each hidden state; (tokens,) from (vocabulary, size) and (tokens, size).

    The first of equal ones, as argmax says it.
    """
    if weight.device.type != "cpu":
        return (hidden @ weight.T).argmax(-1)
    states = hidden.T.contiguous()
    best = states.new_full((states.shape[1],), -torch.inf)
    tokens = torch.zeros(states.shape[1], dtype=torch.long)
    for start in range(0, len(weight), SLICE):
        logits = weight[start : start + SLICE] @ states
        largest = logits.amax(0)
        better = (largest > best).nonzero()[:, 0]
        if len(better):  # seldom, after the first slices
            best[better] = largest[better]
            tokens[better] = logits[:, better].argmax(0) + start
    return tokens
