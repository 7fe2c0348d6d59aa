"""TRL's SFTTrainer on prefix-shared batches: one prefix per pack, and logits only for answer tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size
from datasets import Dataset
from torch import Tensor, nn
from transformers import PreTrainedModel
from trl import SFTConfig, SFTTrainer

from backend.errors import InputError
from backend.runs import Engine
from job_templates.cli import say
from job_templates.ml.rows import TokenRow
from job_templates.ml.shared_prefix import PackCollator, evaluate_batches, padded, token_losses
from job_templates.ml.training.loss_guard import LossGuard
from job_templates.ml.training.meter import Meter

EVALUATION_FACTOR = 4
"""An evaluation computes this many times as many rows at once as a step, because it stores nothing for gradients."""


class SharedPrefixTrainer(SFTTrainer):
    """Trains on the rows that its collator draws. Checkpoints, schedules and callbacks are the Trainer's own.

    `meter` counts the computed tokens. `rows_at_once` starts at the batch size and is halved when memory runs out; the
    step is then computed in parts, with the same gradient. With `engine` "plain", TRL computes loss and batches.
    """

    def __init__(
        self, model: PreTrainedModel, args: SFTConfig, collator: PackCollator, engine: Engine = "shared", **more: Any
    ) -> None:
        args.dataset_kwargs = {"skip_prepare_dataset": True}
        args.remove_unused_columns = False
        self.engine = engine
        self.meter = Meter()
        self.rows_at_once = args.per_device_train_batch_size
        self.guard = LossGuard(scaled=args.fp16)
        rows, held_out = (_numbers(count) for count in (collator.train_rows, collator.held_out_rows))
        super().__init__(
            model=model, args=args, data_collator=collator, train_dataset=rows, eval_dataset=held_out, **more
        )

    def training_step(
        self, model: nn.Module, inputs: dict[str, Any], num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        """Returns the mean loss over the step's answer tokens, and adds its gradient."""
        rows = inputs["rows"]
        while (loss := self._in_parts(model, rows, num_items_in_batch)) is None:
            model.zero_grad()  # remove the gradients of the parts before
            clear_device_cache(garbage_collection=True)
        return loss

    def _in_parts(
        self, model: nn.Module, rows: Sequence[TokenRow], answer_tokens: Tensor | int | None
    ) -> Tensor | None:
        """The summed loss of the step's parts; None if memory ran out, and then `rows_at_once` is smaller."""
        total, meter = torch.zeros((), device=self.args.device), self.meter.copy()
        try:
            for start in range(0, len(rows), self.rows_at_once):
                total += super().training_step(
                    model, self._batch(rows[start : start + self.rows_at_once]), answer_tokens
                )
        except (RuntimeError, MemoryError) as error:
            if not (isinstance(error, MemoryError) or should_reduce_batch_size(error)):
                raise
            self.meter.restore(meter)
            self._halve(rows)
            return None
        return total

    def _batch(self, rows: Sequence[TokenRow]) -> dict[str, Any]:
        plain = sum(len(row) for row in rows)
        if self.engine == "plain":
            self.meter.add(plain, 0)
            return padded(rows)
        batch = self.data_collator.pack(rows)
        self.meter.add(batch.tokens, plain - batch.tokens)
        return {"batch": batch}

    def _halve(self, rows: Sequence[TokenRow]) -> None:
        if self.rows_at_once == 1:
            raise InputError(
                f"The device ran out of memory with a single row of {max(map(len, rows))} tokens. Use a device with "
                "more memory, or --declarations names or none for shorter rows."
            )
        self.rows_at_once = (min(self.rows_at_once, len(rows)) + 1) // 2
        say(
            f"The device ran out of memory. Now {self.rows_at_once} rows are computed at once, with the same batch size"
        )

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Returns the summed loss over the batch's answer tokens, divided by the number of the step's."""
        if "batch" not in inputs:
            loss: Tensor = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            return loss
        batch = inputs["batch"]
        with self.accelerator.autocast():
            summed = token_losses(self.accelerator.unwrap_model(model), batch, self.args.device).sum()
        return summed / (batch.labels.numel() if num_items_in_batch is None else num_items_in_batch)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Returns `eval_loss` and `eval_match` of the held-out rows, without augmentation (see HeldOutScore)."""
        model = self.accelerator.unwrap_model(self.model)
        batches = self.data_collator.held_out(EVALUATION_FACTOR * self.rows_at_once)
        with self.accelerator.autocast():
            found = evaluate_batches(model, batches, self.args.device)
        metrics = {"eval_loss": found.loss, "eval_match": found.match}
        self.log(dict(metrics))
        self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log a step with the counts of the meter, which a resumed training reads again.

        Raises InputError if LossGuard finds an error. The check is here, before anything is saved, because the loss is
        a number here; reading it earlier would make the host wait for the GPU.
        """
        if "loss" in logs:
            self.guard.check_loss(logs["loss"], self.state.global_step, self.args.learning_rate)
            if "grad_norm" in logs:
                self.guard.check_gradient(logs["grad_norm"], self.state.global_step, self.args.learning_rate)
            logs |= self.meter.to_dict()
        super().log(logs, start_time)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Does nothing, because the run's own card is written at the end."""


def _numbers(count: int) -> Dataset:
    """A dataset of row numbers. The collator gives the rows themselves."""
    return Dataset.from_dict({"row": list(range(count))})
