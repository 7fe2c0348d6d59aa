"""Checkpoints and adapters that transformers, the evaluation and the LiteRT export can read."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from peft import PeftModel
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from backend.prompts import BOS_ID, PAD_ID, STOP_IDS, PromptFormat
from backend.records import Tool
from job_templates.ml.models.source import TEMPLATE, TOKENIZER_MODEL


def save_checkpoint(
    folder: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tokenizer_model: Path | None,
    tools: Sequence[Tool],
    fmt: PromptFormat,
) -> None:
    """Write weights, configuration, tokenizer, chat template and stop ids to `folder`.

    `tokenizer_model` is the base's SentencePiece file, or None if it has none. The export needs this file, and
    transformers 5 does not write it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        bos_token_id=BOS_ID, pad_token_id=PAD_ID, eos_token_id=list(STOP_IDS), do_sample=False
    )
    model.save_pretrained(folder)
    tokenizer.chat_template = fmt.chat_template(tools)
    tokenizer.save_pretrained(folder)
    if tokenizer_model is not None:
        shutil.copyfile(tokenizer_model, folder / TOKENIZER_MODEL)


def save_adapter(folder: Path, model: PeftModel, template: str) -> None:
    """Write a LoRA adapter and the chat template that it was trained with. The base's own gives another prompt."""
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card; the checkpoint has one
    (folder / TEMPLATE).write_text(template, encoding="utf-8")


def parameter_count(model: torch.nn.Module) -> int:
    """Returns the number of the model's parameters; shared ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())
