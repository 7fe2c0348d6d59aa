"""The Trainer with a run's settings and callbacks, and the state from which an interrupted training continues."""

from __future__ import annotations

import math
from typing import Any

import torch
from transformers import EarlyStoppingCallback, PrinterCallback
from trl import SFTConfig

from backend.runs import STARTER, Event, Run, append_event, last_saved_state, planned_epochs, relink_best
from job_templates.cli import say
from job_templates.ml.models import Base, Precision
from job_templates.ml.shared_prefix import PackCollator
from job_templates.ml.training.checkpointing import SavingCallback
from job_templates.ml.training.hub_checkpointing import uploaded_to_hub
from job_templates.ml.training.progress import ProgressCallback, TrackioCallback
from job_templates.ml.training.trainer import SharedPrefixTrainer

MOST_EVALUATIONS = 10
SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
"""The learning rate schedule after the warm-up: our name, and that of transformers."""
NEVER = 10**6
"""Evaluations between two saves by the Trainer itself: so many that only SavingCallback causes saves."""


def fit(
    run: Run,
    base: Base,
    model: torch.nn.Module,
    collator: PackCollator,
    precision: Precision,
    own_rows: int,
    repo_id: str | None = None,
) -> dict[str, Any]:
    """Train the model in place, up to the weights with the best held-out score; returns fields of TrainingSummary.

    `own_rows` are the user's rows, which decide the number of epochs. Saved states are also uploaded to the Hub
    repository `repo_id`.
    """
    config = run.config
    arguments = training_arguments(run, precision, collator.train_rows, own_rows)
    trainer = SharedPrefixTrainer(model, arguments, collator, config.engine, processing_class=base.tokenizer)
    trainer.remove_callback(PrinterCallback)
    progress = ProgressCallback(run.metrics_path, trainer.meter)
    trainer.add_callback(progress)
    trainer.add_callback(SavingCallback(config.checkpoint_minutes, collator))
    if config.early_stopping:
        trainer.add_callback(EarlyStoppingCallback(config.early_stopping))
    trackio = None
    if config.trackio_project:
        trackio = TrackioCallback(config.trackio_project, run.name, config.to_dict())
        trainer.add_callback(trackio)
    try:
        with uploaded_to_hub(run, repo_id, trainer.add_callback), precision.rounding():
            trainer.train(resume_from_checkpoint=_saved_state(run))
    finally:
        if trackio is not None:
            trackio.finish()
    steps, planned = trainer.state.global_step, trainer.state.max_steps
    if steps < planned:
        append_event(run.metrics_path, Event("stopped_early", "train", step=steps, steps=planned).to_dict())
        say(f"Stopped early at step {steps}: the held-out score no longer improves")
    return {
        "epochs": arguments.num_train_epochs,
        "steps": steps,
        "planned_steps": planned,
        "stopped_early": steps < planned,
        "best_step": trainer.state.best_global_step,
        "rows_at_once": trainer.rows_at_once,
        "tokens": trainer.meter.tokens,
        "tokens_saved": trainer.meter.tokens_saved,
        **progress.summary(),
    }


def _saved_state(run: Run) -> str | None:
    """The saved state to continue from, after writing an event for it; None if there is none."""
    found = last_saved_state(run)
    if found is None:
        return None
    relink_best(found)
    append_event(run.metrics_path, Event("resume", "train", step=found.step).to_dict())
    say(f"Continues from step {found.step}")
    return str(found.path)


def training_arguments(run: Run, precision: Precision, rows: int, own_rows: int) -> SFTConfig:
    """The Trainer's settings for a run; the held-out rows are evaluated after every epoch, at most 10 times in all."""
    config = run.config
    batch = config.rows_in_a_step(own_rows, rows - own_rows)
    steps_an_epoch = math.ceil(rows / batch)
    epochs = planned_epochs(config, own_rows)
    steps = math.ceil(steps_an_epoch * epochs)
    evaluation_steps = max(steps_an_epoch, math.ceil(steps / MOST_EVALUATIONS))
    return SFTConfig(
        output_dir=str(run.resume),
        num_train_epochs=epochs,
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=config.batch_size,
        learning_rate=config.lr,
        lr_scheduler_type=SCHEDULES[config.lr_scheduler],
        warmup_steps=math.ceil(config.warmup_ratio * steps),
        weight_decay=config.weight_decay,
        adam_beta2=0.98 if config.base_model == STARTER else 0.999,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=evaluation_steps,
        save_strategy="steps",
        save_steps=evaluation_steps * NEVER,
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="eval_match",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
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
