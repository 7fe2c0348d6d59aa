"""What a model's losses on packs are: of each answer token, and of held-out rows all together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor

from job_templates.ml.shared_prefix.answer_loss import answer_losses
from job_templates.ml.shared_prefix.forward import suffix_states
from job_templates.ml.shared_prefix.packs import PackedBatch


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
