"""The output layer and the loss on answers together: a few positions at a time, so that no large logits are kept."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

POSITIONS = 32
"""Positions whose logits exist at once: 33 MB of them at a vocabulary of 262,144."""


def answer_loss(head: nn.Linear, states: Tensor, labels: Tensor) -> Tensor:
    """The summed cross-entropy of `labels` after `states` (positions, hidden), in float32; a scalar.

    Where the output layer is frozen, the gradient towards `states` is found in the same pass.
    """
    if head.weight.requires_grad or type(head) is not nn.Linear or head.bias is not None:
        return nn.functional.cross_entropy(head(states).float(), labels, reduction="sum")
    with torch.autocast(states.device.type, enabled=False):
        loss: Tensor = _AnswerLoss.apply(states.float(), head.weight.float(), labels)
    return loss


class _AnswerLoss(torch.autograd.Function):
    """The loss over a frozen output layer; its gradient is the softmax less the label's one, through the weights."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        total = states.new_zeros(())
        gradient = torch.zeros_like(states) if ctx.needs_input_grad[0] else None
        for first in range(0, len(labels), POSITIONS):
            part = slice(first, first + POSITIONS)
            logits = states[part] @ weight.T
            wanted = labels[part, None]
            norm = torch.logsumexp(logits, dim=-1, keepdim=True)
            total += (norm - logits.gather(1, wanted)).sum()
            if gradient is not None:
                shares = logits.sub_(norm).exp_()
                shares.scatter_add_(1, wanted, torch.full_like(norm, -1))
                gradient[part] = shares @ weight
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream, None, None
