"""Training on the device: our trainer's losses, seconds, memory and waits, and the seconds of TRL's plain trainer."""

from __future__ import annotations

import gc
import math
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset, disable_progress_bars
from peft import PeftModel
from torch import Tensor
from transformers import PrinterCallback, TrainerCallback
from transformers.trainer_utils import IntervalStrategy
from trl import SFTConfig, SFTTrainer

from backend.runs import Run
from benchmarks.gpu_parts.subjects import Subject
from benchmarks.gpu_parts.syncs import Sync, counted
from job_templates.ml.models.device import Precision
from job_templates.ml.shared_prefix.collator import FixedRows, PackCollator
from job_templates.ml.training.trainer import SharedPrefixTrainer
from job_templates.ml.training.trainer_setup import training_arguments

WATCHED_STEP = 2
"""The step whose waits are counted, from 0: memory and kernels are there by then. Later steps are timed."""


@dataclass(slots=True)
class Trained:
    """What a trainer did: losses of the steps that were taken, seconds of one, the most memory (bytes), its waits.

    `micro_batch` rows were computed at once. `syncs` is None if no step was watched. `weights` are those of our
    trainer's model, an adapter's merged, on the CPU: nothing of it stays on the GPU.
    """

    losses: list[float]
    seconds: float
    memory: int
    micro_batch: int
    syncs: list[Sync] | None
    weights: dict[str, Tensor]


@dataclass
class Clock(TrainerCallback):
    """Times steps, watches one for waits, and ends the training at `until` (time.monotonic)."""

    device: str
    until: float
    begun: list[float] = field(default_factory=list)
    syncs: list[Sync] | None = None
    _watch: ExitStack = field(default_factory=ExitStack)

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """A step begins, and the one before is over."""
        self._watch.close()
        synchronize(self.device)
        self.begun.append(time.perf_counter())
        if len(self.begun) == WATCHED_STEP + 1:
            self.syncs = []
            self._watch.enter_context(counted(self.syncs, self.device))

    def on_step_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
        """Ends the training if its time is over."""
        if time.monotonic() > self.until:
            control.should_training_stop = True

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Stop watching."""
        self._watch.close()

    @property
    def seconds(self) -> float:
        """The median step behind the watched one; not a number if there is none."""
        timed = [end - begin for begin, end in zip(self.begun, self.begun[1:], strict=False)][WATCHED_STEP + 1 :]
        return statistics.median(timed) if timed else math.nan


def train_ours(subject: Subject, precision: Precision, steps: int, until: float) -> Trained:
    """Train with our trainer in a run's settings, on the same rows at each step.

    A step that float16 leaves out, because its gradient overflowed while the scale is sought, only delays the losses
    then, and its loss is left out.
    """
    model = subject.model()
    rows = [*subject.rows] * steps
    with tempfile.TemporaryDirectory() as work:
        run = Run("gpu", Path(work), subject.config, "gpu", "")
        arguments = training_arguments(run, precision, len(rows), len(rows))
        arguments.train_sampling_strategy = "sequential"
        arguments.eval_strategy = IntervalStrategy.NO
        arguments.load_best_model_at_end = False
        collator = PackCollator(FixedRows(rows), [], subject.shape)
        trainer = SharedPrefixTrainer(model, arguments, collator, processing_class=subject.tokenizer)
        return _run(trainer, precision, until, subject.size.batch)


def train_plain(subject: Subject, precision: Precision, steps: int, until: float) -> Trained:
    """Train with TRL's own trainer, as it is, on the same rows; half as many at once where memory runs out."""
    disable_progress_bars()
    at_once = subject.size.batch
    while True:
        try:
            return _train_plain(subject, precision, steps, until, at_once)
        except torch.OutOfMemoryError:
            if at_once == 1:
                raise
        at_once = (at_once + 1) // 2
        free(precision.device)


def _train_plain(subject: Subject, precision: Precision, steps: int, until: float, at_once: int) -> Trained:
    rows = [*subject.rows] * steps
    columns = {
        "input_ids": [[*row.prompt, *row.completion] for row in rows],
        "completion_mask": [[0] * len(row.prompt) + [1] * len(row.completion) for row in rows],
    }
    with tempfile.TemporaryDirectory() as work:
        arguments = SFTConfig(
            output_dir=work, per_device_train_batch_size=at_once,
            gradient_accumulation_steps=-(-subject.size.batch // at_once), num_train_epochs=1,
            learning_rate=subject.config.lr, lr_scheduler_type="constant", train_sampling_strategy="sequential",
            logging_steps=1, save_strategy="no", report_to="none", disable_tqdm=True, bf16=precision.bf16,
            fp16=precision.fp16, use_cpu=precision.device == "cpu", activation_checkpointing=False,
            dataloader_pin_memory=False, max_length=None, completion_only_loss=True, seed=subject.config.seed,
        )  # fmt: skip
        data = Dataset.from_dict(columns)
        trainer = SFTTrainer(subject.model(), arguments, train_dataset=data, processing_class=subject.tokenizer)
        return _run(trainer, precision, until, at_once)


def _run(trainer: Any, precision: Precision, until: float, micro_batch: int) -> Trained:
    clock = Clock(precision.device, until)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(clock)
    free(precision.device)
    with precision.rounding():
        trainer.train()
    log = [entry for entry in trainer.state.log_history if "loss" in entry]
    taken = [entry["loss"] for entry in log if math.isfinite(entry.get("grad_norm", 0.0))]
    at_once = getattr(trainer, "rows_at_once", micro_batch)
    most = peak(precision.device)
    weights = _merged(trainer.model) if isinstance(trainer, SharedPrefixTrainer) else {}
    return Trained(taken, clock.seconds, most, at_once, clock.syncs, weights)


def _merged(model: Any) -> dict[str, Tensor]:
    whole = model.merge_and_unload() if isinstance(model, PeftModel) else model
    return {name: weight.cpu() for name, weight in whole.state_dict().items()}


def synchronize(device: str) -> None:
    """Wait until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def free(device: str) -> None:
    """Give back what is no longer used, and count the most memory anew."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak(device: str) -> int:
    """The most bytes that tensors have held on the GPU since free(); 0 on a CPU."""
    return torch.cuda.max_memory_allocated() if device == "cuda" else 0
