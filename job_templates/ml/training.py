"""One training: from a run's rows to its checkpoint."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import PrinterCallback
from trl import SFTConfig

from backend.data import Split
from backend.device.card import model_card
from backend.errors import InputError
from backend.prompts import PromptFormat, get_format
from backend.records import Tool
from backend.runs import Run, write_json, write_text
from job_templates.cli import say
from job_templates.ml.base import Base, prepare_base, with_adapter
from job_templates.ml.checkpoint import parameter_count, save_checkpoint
from job_templates.ml.collator import FixedRows, PackCollator, RowSource
from job_templates.ml.device import Precision, choose_precision
from job_templates.ml.held_out import divide
from job_templates.ml.progress import ProgressCallback, TrackioCallback, clock
from job_templates.ml.rows import TokenRow, check_cache, encode_rows, resolve_length
from job_templates.ml.starter_rows import StarterRows
from job_templates.ml.trainer import SharedPrefixTrainer

HELD_OUT_LOOKS = 10
WARMUP_SHARE = 0.05
MOST_HELD_OUT_ROWS = 500
"""So many rows tell the held-out loss well enough, and looking at them costs little."""


def train(run: Run, cache_length: int | None = None) -> dict[str, Any]:
    """Train the run's model and write its checkpoint and training.json; returns that summary.

    InputError where the rows are faulty, or one is longer than the `cache_length` that an export is to have.
    """
    tools, split = divide(run)
    fmt = get_format(run.config.prompt_format, run.config.declarations)
    precision = choose_precision()
    with tempfile.TemporaryDirectory(prefix="train-") as work:
        base = prepare_base(run.config, split.train, tools, fmt, Path(work))
        rows = encode_rows([*split.train, *split.test], tools, fmt, base.tokenizer)
        longest = resolve_length(run.config.max_seq_length, rows)
        check_cache(longest, cache_length)
        train_rows, test_rows = rows[: len(split.train)], rows[len(split.train) :]
        parameters = parameter_count(base.model)
        say(f"{parameters / 1e6:.1f}M parameters, {precision.name}, rows of up to {longest} tokens")
        source = _source(base, split, tools, fmt, train_rows, run.config.seed)
        collator = PackCollator(source, test_rows[:MOST_HELD_OUT_ROWS], base.model.config)
        model = base.model if base.method == "full" else with_adapter(base.model, run.config)
        trainer, progress = _fit(run, base, model, collator, precision, Path(work))
        summary = {
            "schema": 1,
            "rows": len(split.train),
            "test_rows": len(split.test),
            "steps": trainer.state.global_step,
            "max_seq_length": longest,
            "parameters": parameters,
            "trained_parameters": sum(part.numel() for part in model.parameters() if part.requires_grad),
            "method": base.method,
            "precision": precision.name,
            "tokens": trainer.tokens,
            "tokens_saved": trainer.tokens_saved,
            **progress.summary(),
        }
        _save(run, base, model, tools, fmt)
    write_json(run.training_path, summary)
    write_text(run.checkpoint / "README.md", model_card(run, tools))
    say(f"Trained in {clock(summary['seconds'])}; the checkpoint is in {run.checkpoint}")
    return summary


def _source(
    base: Base, split: Split, tools: Sequence[Tool], fmt: PromptFormat, rows: Sequence[TokenRow], seed: int
) -> RowSource:
    """The training rows: varied at each draw for a model from scratch, as they stand for a pretrained one."""
    if base.method == "lora":
        return FixedRows(rows)
    return StarterRows(split.train, tools, fmt, base.tokenizer, seed)


def _fit(
    run: Run, base: Base, model: torch.nn.Module, collator: PackCollator, precision: Precision, work: Path
) -> tuple[SharedPrefixTrainer, ProgressCallback]:
    """Train the model in place."""
    arguments = training_arguments(run, base.method, precision, collator.train_rows, work)
    trainer = SharedPrefixTrainer(model, arguments, collator, processing_class=base.tokenizer)
    trainer.remove_callback(PrinterCallback)
    progress = ProgressCallback(run.metrics_path, trainer)
    trainer.add_callback(progress)
    trackio = None
    if run.config.trackio_project:
        trackio = TrackioCallback(run.config.trackio_project, run.name, run.config.to_dict())
        trainer.add_callback(trackio)
    try:
        trainer.train()
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"The device ran out of memory at {run.config.batch_size} rows a step. Lower --batch-size."
        ) from error
    finally:
        if trackio is not None:
            trackio.finish()
    return trainer, progress


def training_arguments(run: Run, method: str, precision: Precision, rows: int, work: Path) -> SFTConfig:
    """The Trainer's settings for a run; looks at the held-out rows after every epoch, at most 10 times in all."""
    config = run.config
    steps_an_epoch = math.ceil(rows / config.batch_size)
    steps = math.ceil(steps_an_epoch * config.epochs)
    scratch = method == "full"
    return SFTConfig(
        output_dir=str(work / "trainer"),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        learning_rate=config.lr,
        lr_scheduler_type="cosine",
        warmup_steps=math.ceil(WARMUP_SHARE * steps),
        weight_decay=0.1 if scratch else 0.01,
        adam_beta2=0.98 if scratch else 0.999,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=max(steps_an_epoch, math.ceil(steps / HELD_OUT_LOOKS)),
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=config.seed,
        bf16=precision.bf16,
        fp16=precision.fp16,
        use_cpu=precision.device == "cpu",
        activation_checkpointing=False,
        dataloader_pin_memory=False,
        max_length=None,
    )


def _save(run: Run, base: Base, model: torch.nn.Module, tools: Sequence[Tool], fmt: PromptFormat) -> None:
    """Write the checkpoint beside its place, then move it there: a checkpoint that exists is whole."""
    building = run.path / ".checkpoint"
    shutil.rmtree(building, ignore_errors=True)
    merged = base.model
    if isinstance(model, PeftModel):
        model.save_pretrained(building / "adapter")
        merged = model.merge_and_unload()
    save_checkpoint(building, merged, base.tokenizer, base.tokenizer_model, tools, fmt)
    building.replace(run.checkpoint)
