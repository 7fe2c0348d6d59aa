"""The output layer and the loss on answers together, over slices of the vocabulary: large logits never exist.

The cross-entropy's gradient towards a hidden state is the mean of the words' output vectors under the softmax, less
the right word's. Both the softmax's sum and that mean are found in one pass over the words with a running largest
logit, as in online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867) and flash attention (Dao et al. 2022,
arXiv:2205.14135), where keys and values are one and the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor, nn

from job_templates.ml.models import portions, run_threads
from job_templates.ml.shared_prefix.forward import suffix_states
from job_templates.ml.shared_prefix.packs import PackedBatch

SLICE = 1024
"""Vocabulary entries multiplied at a time on a CPU: what is made of them stays in its cache."""
DEVICE_SLICE = 32_768
"""Vocabulary entries multiplied at a time on a GPU, which wants few and large products."""
TILE = 256
"""Hidden states multiplied at a time on a CPU."""


def answer_losses(head: nn.Linear, states: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of each of `labels` after `states` (positions, hidden), in float32: (positions,).

    Where the output layer is frozen, the gradient towards `states` is found in the same pass. Under autocast too the
    logits are float32: rounded to bfloat16, those of Gemma's words would be off by up to 0.06.
    """
    with torch.autocast(states.device.type, enabled=False):
        if head.weight.requires_grad or type(head) is not nn.Linear or head.bias is not None:
            return nn.functional.cross_entropy(head(states.to(head.weight.dtype)).float(), labels, reduction="none")
        losses: Tensor = _AnswerLosses.apply(states.float(), head.weight.float(), labels)
        return losses


class _AnswerLosses(torch.autograd.Function):
    """The losses over a frozen output layer."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        with_mean = ctx.needs_input_grad[0]
        parts = portions(len(weight), SLICE) if weight.device.type == "cpu" else [range(len(weight))]
        found = run_threads(lambda words: _over(states, weight, words, with_mean), parts)
        whole = found[0]
        for other in found[1:]:
            whole = whole.joined(other)
        right = weight[labels]
        if with_mean:
            ctx.save_for_backward(whole.weighted / whole.total[:, None] - right)
        return whole.top + whole.total.log() - (states * right).sum(-1)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[:, None], None, None


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over some words, all scaled by exp(-top): of exp(logit), and of the words' vectors times it."""

    top: Tensor
    total: Tensor
    weighted: Tensor

    def joined(self, other: _Sums) -> _Sums:
        """The sums over the words of both."""
        top = torch.maximum(self.top, other.top)
        mine, theirs = (self.top - top).exp(), (other.top - top).exp()
        return _Sums(
            top,
            self.total * mine + other.total * theirs,
            self.weighted * mine[:, None] + other.weighted * theirs[:, None],
        )


def _over(states: Tensor, weight: Tensor, words: range, with_mean: bool) -> _Sums:
    """The sums over `words` for every state; without `with_mean` those of the vectors are left at zero."""
    cpu = weight.device.type == "cpu"
    slice_, tile = (SLICE, TILE) if cpu else (DEVICE_SLICE, max(1, len(states)))
    sums = _Sums(states.new_full((len(states),), -torch.inf), states.new_zeros(len(states)), torch.zeros_like(states))
    for first in range(0, len(states), tile):
        part = slice(first, first + tile)
        top, total, weighted = sums.top[part], sums.total[part], sums.weighted[part]
        for start in range(words.start, words.stop, slice_):
            vectors = weight[start : min(start + slice_, words.stop)]
            logits = states[part] @ vectors.T
            larger = torch.maximum(top, logits.amax(1))
            shrink = (top - larger).exp_()
            shares = logits.sub_(larger[:, None]).exp_()
            total.mul_(shrink).add_(shares.sum(1))
            if with_mean:
                weighted.mul_(shrink[:, None]).addmm_(shares, vectors)
            top.copy_(larger)
    return sums


def token_losses(model: Any, batch: PackedBatch, device: torch.device) -> Tensor:
    """The cross-entropy of each of the batch's answer tokens, in the order of its labels."""
    causal = model.get_base_model() if isinstance(model, PeftModel) else model
    batch = batch.to(device)  # all of it first: a copy in between would wait for the layers that a GPU still computes
    states = suffix_states(causal.model, batch)
    predicting = states.reshape(-1, states.shape[-1])[batch.predicts_in_suffix]
    return answer_losses(causal.lm_head, predicting, batch.labels)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How rows fare that are not trained on: the mean `loss` of their answers' tokens, and `match`, the mean over rows
    of the probability that the model gives to the whole right answer: how many it would answer rightly, were it to draw
    its words.

    A model that grows too sure of itself raises the loss by its few wrong answers while more and more are right;
    no single row weighs more than itself in `match` (docs/training.md).
    """

    loss: float
    match: float


@torch.no_grad()
def look(model: Any, batches: Iterable[PackedBatch], device: torch.device) -> HeldOut:
    """How the rows of the batches fare, in evaluation mode."""
    training = model.training
    model.eval()
    rows = [row for batch in batches for row in torch.split(token_losses(model, batch, device), list(batch.answers))]
    model.train(training)
    if not rows:
        return HeldOut(0.0, 0.0)
    return HeldOut(torch.cat(rows).mean().item(), torch.stack([(-row.sum()).exp() for row in rows]).mean().item())
