"""The most likely next token and its probability, without a table of all logits in memory."""

from __future__ import annotations

import torch
from torch import Tensor

from job_templates.ml.models import portions, run_threads

SLICE = 512
"""Vocabulary entries multiplied at a time on a CPU: with a tile of states their logits stay in its cache."""
DEVICE_SLICE = 32_768
"""Vocabulary entries multiplied at a time on a GPU, which is faster with few and large products."""
TILE = 256
"""States multiplied at a time on a CPU."""
DEVICE_TILE = 2048
"""States multiplied at a time on a GPU: with a slice, 256 MB of logits."""


def likeliest(weight: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """The token of the largest logit for each hidden state, and the natural logarithm of its probability.

    Both are (tokens,), from (vocabulary, size) and (tokens, size). Of equal logits the first token is chosen, as with
    argmax. The logits are float32 also for weights in bfloat16: rounded to bfloat16, they would be off by up to 0.06.
    One pass computes the maximum and the sum of the softmax (Milakov and Gimelshein 2018, arXiv:1805.02867).
    """
    parts = portions(len(weight), SLICE) if weight.device.type == "cpu" else [range(len(weight))]
    found = run_threads(lambda words: _over(weight, hidden, words), parts)
    tokens, best, total = found[0]
    for others, largest, sums in found[1:]:
        top = torch.maximum(best, largest)
        total = total * (best - top).exp() + sums * (largest - top).exp()
        tokens, best = torch.where(largest > best, others, tokens), top
    return tokens, -total.log()


def _over(weight: Tensor, hidden: Tensor, words: range) -> tuple[Tensor, Tensor, Tensor]:
    """For each state, among these vocabulary entries: the token of the largest logit, and this logit.

    The third tensor is the sum of exp(logit - largest logit), the softmax's denominator.
    """
    cpu = weight.device.type == "cpu"
    slice_, tile = (SLICE, TILE) if cpu else (DEVICE_SLICE, DEVICE_TILE)
    best = torch.full((len(hidden),), -torch.inf, device=hidden.device)
    total = torch.zeros_like(best)
    tokens = torch.zeros(len(hidden), dtype=torch.long, device=hidden.device)
    for first in range(0, len(hidden), tile):
        part = slice(first, first + tile)
        states = hidden[part].float().T.contiguous()
        top, top_tokens, sums = best[part], tokens[part], total[part]
        for start in range(words.start, words.stop, slice_):
            logits = weight[start : min(start + slice_, words.stop)].float() @ states
            largest = logits.amax(0)
            better = (largest > top).nonzero()[:, 0]
            if len(better):  # rare after the first slices
                top_tokens[better] = logits[:, better].argmax(0) + start
                sums[better] *= (top[better] - largest[better]).exp()
                top[better] = largest[better]
            sums += logits.sub_(top).exp_().sum(0)
    return tokens, best, total
