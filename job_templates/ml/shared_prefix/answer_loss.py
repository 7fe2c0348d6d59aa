"""The output layer and the loss on answers, over slices of the vocabulary, so that all logits are never in memory.

The gradient of the cross-entropy with respect to a hidden state is the mean of the tokens' output vectors under the
softmax, minus the right token's vector. One pass over the vocabulary computes the softmax's sum and that mean, with a
running maximum of the logits, as in online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867) and in flash
attention (Dao et al. 2022, arXiv:2205.14135) with keys equal to values.
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
"""Vocabulary entries multiplied at a time on a CPU, so that their logits fit its cache."""
DEVICE_SLICE = 32_768
"""Vocabulary entries multiplied at a time on a GPU, which is faster with few and large products."""
TILE = 256
"""Hidden states multiplied at a time on a CPU."""


def answer_losses(head: nn.Linear, states: Tensor, labels: Tensor) -> Tensor:
    """Returns the cross-entropy of each of `labels` after `states` (positions, hidden), in float32: (positions,).

    If the output layer is frozen, the same pass computes the gradient of `states`. The logits are float32 also under
    autocast: rounded to bfloat16, those of Gemma's tokens would be off by up to 0.06.
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
        found = run_threads(lambda words: _over(states, weight, labels, words, with_mean), parts)
        whole = found[0]
        for other in found[1:]:
            whole = whole.joined(other)
        if with_mean:
            ctx.save_for_backward(whole.weighted / whole.total[:, None] - weight[labels])
        return whole.top + whole.total.log() - whole.right

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[:, None], None, None


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over some tokens, scaled by exp(-top): of exp(logit), and of the tokens' vectors times exp(logit).

    `right` is the logit of the label, 0 if it is not among these tokens. It comes from the same product as the others:
    where a product rounds its inputs, another one would be above the largest logit, and a loss below zero.
    """

    top: Tensor
    total: Tensor
    weighted: Tensor
    right: Tensor

    def joined(self, other: _Sums) -> _Sums:
        """Returns the sums over the tokens of both."""
        top = torch.maximum(self.top, other.top)
        mine, theirs = (self.top - top).exp(), (other.top - top).exp()
        return _Sums(
            top,
            self.total * mine + other.total * theirs,
            self.weighted * mine[:, None] + other.weighted * theirs[:, None],
            self.right + other.right,
        )


def _over(states: Tensor, weight: Tensor, labels: Tensor, words: range, with_mean: bool) -> _Sums:
    """The sums over the tokens `words` for every state. Without `with_mean`, the sums of the vectors are zero."""
    cpu = weight.device.type == "cpu"
    slice_, tile = (SLICE, TILE) if cpu else (DEVICE_SLICE, max(1, len(states)))
    none = states.new_zeros(len(states))
    sums = _Sums(torch.full_like(none, -torch.inf), none, torch.zeros_like(states), torch.zeros_like(none))
    for first in range(0, len(states), tile):
        part = slice(first, first + tile)
        top, total, weighted = sums.top[part], sums.total[part], sums.weighted[part]
        for start in range(words.start, words.stop, slice_):
            vectors = weight[start : min(start + slice_, words.stop)]
            logits = states[part] @ vectors.T
            column = labels[part] - start
            found = logits.gather(1, column.clamp(0, len(vectors) - 1)[:, None])[:, 0]
            sums.right[part].copy_(torch.where((column >= 0) & (column < len(vectors)), found, sums.right[part]))
            larger = torch.maximum(top, logits.amax(1))
            shrink = (top - larger).exp_()
            shares = logits.sub_(larger[:, None]).exp_()
            total.mul_(shrink).add_(shares.sum(1))
            if with_mean:
                weighted.mul_(shrink[:, None]).addmm_(shares, vectors)
            top.copy_(larger)
    return sums


def token_losses(model: Any, batch: PackedBatch, device: torch.device) -> Tensor:
    """Returns the cross-entropy of each of the batch's answer tokens, in the order of its labels."""
    causal = model.get_base_model() if isinstance(model, PeftModel) else model
    batch = batch.to(device)  # the whole batch first: a later copy would wait for the layers that a GPU still computes
    states = suffix_states(causal.model, batch)
    predicting = states.reshape(-1, states.shape[-1])[batch.predicts_in_suffix]
    return answer_losses(causal.lm_head, predicting, batch.labels)


@dataclass(frozen=True, slots=True)
class HeldOutScore:
    """The score of rows that are not trained on.

    `loss` is the mean over their answer tokens. `match` is the mean over rows of the probability of the whole right
    answer: the share of rows that the model would answer rightly if it sampled its tokens. An overconfident model
    raises the loss by few wrong answers while it gets more rows right; in `match`, all rows have the same weight
    (docs/training.md).
    """

    loss: float
    match: float


@torch.no_grad()
def evaluate_batches(model: Any, batches: Iterable[PackedBatch], device: torch.device) -> HeldOutScore:
    """Returns the score of the rows of the batches, computed in evaluation mode; zeros if there are no rows."""
    training = model.training
    model.eval()
    rows = [row for batch in batches for row in torch.split(token_losses(model, batch, device), list(batch.answers))]
    model.train(training)
    if not rows:
        return HeldOutScore(0.0, 0.0)
    return HeldOutScore(torch.cat(rows).mean().item(), torch.stack([(-row.sum()).exp() for row in rows]).mean().item())
