"""TRL's SFTTrainer on prefix-shared batches: the prefix once a pack, logits only where an answer is predicted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel
from trl import SFTConfig, SFTTrainer

from backend.errors import InputError
from job_templates.ml.collator import PackCollator
from job_templates.ml.packs import PackedBatch

HIGHEST_LEARNED_LOSS = 1e-2
"""A loss of exactly zero is believed where the step before came this close; otherwise something is broken."""


class SharedPrefixTrainer(SFTTrainer):
    """Trains on the rows that its collator packs; checkpoints, schedules and callbacks are the Trainer's own.

    `tokens` counts the tokens computed so far, `tokens_saved` those that plain batches would have computed on top.
    """

    def __init__(self, model: PreTrainedModel, args: SFTConfig, collator: PackCollator, **more: Any) -> None:
        args.dataset_kwargs = {"skip_prepare_dataset": True}
        args.remove_unused_columns = False
        self.tokens = 0
        self.tokens_saved = 0
        self._last_loss = math.nan
        rows, held_out = (_numbers(count) for count in (collator.train_rows, collator.held_out_rows))
        super().__init__(
            model=model, args=args, data_collator=collator, train_dataset=rows, eval_dataset=held_out, **more
        )

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,  # noqa: ARG002 - the Trainer's signature; packed batches have no logits to give
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """The mean loss over the batch's answer tokens; InputError where it is not finite, or zero from the start."""
        batch = inputs["batch"]
        with self.accelerator.autocast():
            loss = summed_loss(self.accelerator.unwrap_model(model), batch, self.args.device)
        loss = loss / (batch.labels.numel() if num_items_in_batch is None else num_items_in_batch)
        self._check(loss.item())
        self.tokens += batch.tokens
        self.tokens_saved += batch.plain_tokens - batch.tokens
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The mean loss over the held-out answers' tokens, without augmentation, as `eval_loss`."""
        model = self.accelerator.unwrap_model(self.model)
        batches = self.data_collator.held_out(self.args.per_device_eval_batch_size)
        with self.accelerator.autocast():
            metrics = {"eval_loss": mean_loss(model, batches, self.args.device)}
        self.log(dict(metrics))
        self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _check(self, loss: float) -> None:
        before, self._last_loss = self._last_loss, loss
        if not math.isfinite(loss):
            raise InputError(
                f"Training stopped at step {self.state.global_step + 1}: the loss is {loss}. The learning rate "
                f"{self.args.learning_rate:g} is too high for this data, or the weights are in a precision that "
                "overflows. Try a tenth of the rate."
            )
        if loss == 0 and not before <= HIGHEST_LEARNED_LOSS:
            raise InputError(
                f"Training stopped at step {self.state.global_step + 1}: the loss is exactly zero without having come "
                "near it, so nothing can be learned. The base model's weights are damaged or in float16; load them in "
                "float32."
            )


def _numbers(count: int) -> Dataset:
    """A dataset of row numbers: the rows themselves come from the collator."""
    return Dataset.from_dict({"row": list(range(count))})


def summed_loss(model: Any, batch: PackedBatch, device: torch.device) -> Tensor:
    """The summed cross-entropy of the batch's answer tokens; a scalar."""
    causal = model.get_base_model() if isinstance(model, PeftModel) else model
    hidden = causal.model(
        input_ids=batch.input_ids.to(device),
        position_ids=batch.position_ids.to(device),
        attention_mask={kind: mask.to(device) for kind, mask in batch.masks.items()},
        use_cache=False,
    ).last_hidden_state
    logits = causal.lm_head(hidden.reshape(-1, hidden.shape[-1])[batch.predicts.to(device)])
    loss: Tensor = nn.functional.cross_entropy(logits.float(), batch.labels.to(device), reduction="sum")
    return loss


@torch.no_grad()
def mean_loss(model: Any, batches: Sequence[PackedBatch] | Iterator[PackedBatch], device: torch.device) -> float:
    """The mean loss over all answer tokens of the batches, in evaluation mode."""
    training = model.training
    model.eval()
    total, tokens = 0.0, 0
    for batch in batches:
        total += summed_loss(model, batch, device).item()
        tokens += batch.labels.numel()
    model.train(training)
    return total / max(tokens, 1)
