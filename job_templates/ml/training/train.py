"""One training: from a run's rows to its checkpoint."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch
from peft import PeftModel

from backend.data.text import listing
from backend.device import model_card
from backend.off_topic import Relation, as_rows, taught_messages
from backend.prompts import PromptFormat, get_format
from backend.records import Example, Tool
from backend.runs import (
    STARTER,
    Run,
    RunConfig,
    Scratch,
    TrainingSummary,
    answers_by_language,
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
from job_templates.ml.rows import StarterRows, TokenRow, WithOffTopic, check_cache, encode_rows, resolve_length
from job_templates.ml.run import divide, minutes_and_seconds
from job_templates.ml.shared_prefix import FixedRows, PackCollator, RowSource
from job_templates.ml.training.checkpointing import remove_saved_state
from job_templates.ml.training.export_vocabulary import export_vocabulary
from job_templates.ml.training.trainer_setup import fit

LONGEST_OFF_TOPIC = 128
"""Tokens of the longest off-topic row; a longer one is used only if a row of the user is as long."""
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
        extra = run.config.off_topic_rows(len(split.train))
        pool = _pool(run.config, tools, [*split.train, *split.test], extra) if extra else ()
        base = prepare_base(run.config, [*split.train, *pool[:extra]], tools, fmt, Path(work))
        rows = encode_rows([*split.train, *split.test], tools, fmt, base.tokenizer)
        longest = resolve_length(run.config.max_seq_length, rows)
        check_cache(longest, cache_length)
        train_rows, test_rows = rows[: len(split.train)], rows[len(split.train) :]
        parameters = parameter_count(base.model)
        say(f"{parameters / 1e6:.1f}M parameters, {precision.name}, rows of up to {longest} tokens")
        source = _source(run.config, base, split.train, tools, fmt, train_rows)
        if pool:
            pool_rows = encode_rows(pool, tools, fmt, base.tokenizer)
            fitting = [at for at, row in enumerate(pool_rows) if len(row) <= max(longest, LONGEST_OFF_TOPIC)]
            taught = _source(
                run.config, base, [pool[at] for at in fitting], tools, fmt, [pool_rows[at] for at in fitting]
            )
            source = WithOffTopic(source, taught, extra)
        collator = PackCollator(source, test_rows[:MOST_HELD_OUT_ROWS], base.model.config)
        model = with_adapter(base.model, run.config) if run.config.method == "lora" else base.model
        trained = sum(part.numel() for part in model.parameters() if part.requires_grad)
        fitted = fit(run, base, model, collator, precision, len(split.train), repo_id)
        summary = TrainingSummary(
            rows=len(split.train),
            off_topic_rows=extra if pool else 0,
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


def _source(
    config: RunConfig,
    base: Base,
    examples: Sequence[Example],
    tools: Sequence[Tool],
    fmt: PromptFormat,
    rows: Sequence[TokenRow],
) -> RowSource:
    """The rows to train on: varied at each draw for a starter, unchanged for a pretrained model."""
    if config.base_model != STARTER:
        return FixedRows(rows)
    return StarterRows(examples, tools, fmt, base.tokenizer, config.seed)


def _pool(config: RunConfig, tools: Sequence[Tool], own: Sequence[Example], extra: int) -> tuple[Example, ...]:
    """The off-topic messages that are not related to the tools and the user's rows, in a random order of the seed."""
    selection = Relation(tools, own).select(taught_messages(), config.kept_topics)
    messages = list(selection.messages)
    random.Random(f"{config.seed}:off-topic").shuffle(messages)
    left_out = sum(len(group.messages) for group in selection.left_out)
    say(f"Each epoch also has {extra} off-topic messages without a call, of {len(messages)} ({left_out} are left out)")
    return as_rows(messages, answers_by_language(config.no_call_answer))


def _save(run: Run, base: Base, model: torch.nn.Module, tools: Sequence[Tool], fmt: PromptFormat) -> None:
    """Write the checkpoint to a temporary folder, then rename it, so that a checkpoint that exists is complete."""
    with built_beside(run.checkpoint) as building:
        merged = base.model
        if isinstance(model, PeftModel):
            save_adapter(building / "adapter", model, fmt.chat_template(tools))
            merged = model.merge_and_unload()
        save_checkpoint(building, merged, base.tokenizer, base.tokenizer_model, tools, fmt)
        write_text(building / "README.md", model_card(run, tools))
