"""One training: from a run's rows to its checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch
from peft import PeftModel

from backend.data.text import listing
from backend.device import model_card
from backend.prompts import PromptFormat, get_format
from backend.records import Tool
from backend.runs import (
    Run,
    Scratch,
    TrainingSummary,
    built_beside,
    remove,
    write_json,
    write_text,
)
from job_templates.cli import say
from job_templates.ml.models import (
    Base,
    choose_precision,
    parameter_count,
    prepare_base,
    save_adapter,
    save_checkpoint,
    with_adapter,
)
from job_templates.ml.rows import check_cache, encode_rows, resolve_length
from job_templates.ml.run import divide, minutes_and_seconds
from job_templates.ml.shared_prefix import PackCollator
from job_templates.ml.training.checkpointing import remove_saved_state
from job_templates.ml.training.export_vocabulary import export_vocabulary
from job_templates.ml.training.sources import TrainingRows
from job_templates.ml.training.trainer_setup import fit

MOST_HELD_OUT_ROWS = 500
"""The most held-out rows that are evaluated during a training: enough to compare its states, at little cost."""


def train(
    run: Run, cache_length: int | None = None, *, resume: bool = False, repo_id: str | None = None
) -> TrainingSummary:
    """Train the run's model and write its checkpoint and training.json; returns that summary.

    With `resume` an interrupted training continues, and a finished one stays as it is. `repo_id` is the Hub repository
    for its saved states. Raises InputError if rows are invalid, or longer than the `cache_length` of a later export.
    """
    if resume and run.checkpoint.exists():
        say(f"The run in {run.path} has been trained already.")
        return TrainingSummary.read(run.training_path)
    if not resume:
        remove_saved_state(run)
    tools, split = divide(run)
    fmt = get_format(run.config.prompt_format, run.config.declarations)
    precision = choose_precision(run.config.precision)
    with Scratch("train-") as work:
        training = TrainingRows(run.config, tools, split.train, split.test)
        base = prepare_base(run.config, training.examples, tools, fmt, Path(work))
        rows = encode_rows([*split.train, *split.test], tools, fmt, base.tokenizer)
        longest = resolve_length(run.config.max_seq_length, rows)
        check_cache(longest, cache_length)
        train_rows, test_rows = rows[: len(split.train)], rows[len(split.train) :]
        parameters = parameter_count(base.model)
        say(f"{parameters / 1e6:.1f}M parameters, {precision.name}, rows of up to {longest} tokens")
        source = training.source(base, fmt, train_rows, longest)
        collator = PackCollator(source, test_rows[:MOST_HELD_OUT_ROWS], base.model.config)
        model = with_adapter(base.model, run.config) if run.config.method == "lora" else base.model
        trained = sum(part.numel() for part in model.parameters() if part.requires_grad)
        fitted = fit(run, base, model, collator, precision, len(split.train), repo_id)
        summary = TrainingSummary(
            rows=len(split.train),
            off_topic_rows=training.extra,
            grown_rows=len(grown := [row.origin for row in split.train if row.is_grown]),
            grown_by=listing(dict.fromkeys(grown), 5) or None,
            test_rows=len(split.test),
            max_seq_length=longest,
            parameters=parameters,
            trained_parameters=trained,
            method=run.config.method,
            device=precision.device,
            precision=precision.name,
            **export_vocabulary(run.config, base, fmt, tools, split.train),
            **fitted,
        )
        write_json(run.training_path, summary.to_dict())
        _save(run, base, model, tools, fmt)
    with suppress(OSError):  # the checkpoint is complete, even if the saved state cannot be removed
        remove(run.resume)
    say(f"Trained in {minutes_and_seconds(summary.seconds)}; the checkpoint is in {run.checkpoint}")
    return summary


def _save(run: Run, base: Base, model: torch.nn.Module, tools: Sequence[Tool], fmt: PromptFormat) -> None:
    """Write the checkpoint to a temporary folder, then rename it, so that a checkpoint that exists is complete."""
    with built_beside(run.checkpoint) as building:
        merged = base.model
        if isinstance(model, PeftModel):
            save_adapter(building / "adapter", model, fmt.chat_template(tools))
            merged = model.merge_and_unload()
        save_checkpoint(building, merged, base.tokenizer, base.tokenizer_model, tools, fmt)
        write_text(building / "README.md", model_card(run, tools))
