"""The most likely next token, without a table of all logits in memory."""

from __future__ import annotations

import torch
from torch import Tensor

from job_templates.ml.models import portions, run_threads

SLICE = 512
"""Vocabulary entries multiplied at a time on a CPU: with a tile of states their logits stay in its cache."""
TILE = 256
"""States multiplied at a time on a CPU."""


def likeliest(weight: Tensor, hidden: Tensor) -> Tensor:
    """The token of the largest logit for each hidden state; (tokens,) from (vocabulary, size) and (tokens, size).

    The first of equal ones, as with argmax.
    """
    if weight.device.type != "cpu":
        return (hidden @ weight.T).argmax(-1)
    found = run_threads(lambda words: _best_of(weight, hidden, words), portions(len(weight), SLICE))
    best, tokens = found[0]
    for largest, others in found[1:]:
        better = largest > best
        best, tokens = torch.where(better, largest, best), torch.where(better, others, tokens)
    return tokens


def _best_of(weight: Tensor, hidden: Tensor, words: range) -> tuple[Tensor, Tensor]:
    """The largest logit among these vocabulary entries, and its token, for each state."""
    best = hidden.new_full((len(hidden),), -torch.inf)
    tokens = torch.zeros(len(hidden), dtype=torch.long)
    for first in range(0, len(hidden), TILE):
        states = hidden[first : first + TILE].T.contiguous()
        top, top_tokens = best[first : first + TILE], tokens[first : first + TILE]
        for start in range(words.start, words.stop, SLICE):
            logits = weight[start : min(start + SLICE, words.stop)] @ states
            largest = logits.amax(0)
            better = (largest > top).nonzero()[:, 0]
            if len(better):  # rare after the first slices
                top[better] = largest[better]
                top_tokens[better] = logits[:, better].argmax(0) + start
    return best, tokens
