"""Loading of the models to score: a checkpoint, an adapter on its base, or the base that a run started from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from backend.prompts import DEVELOPER_SENTENCE, PromptFormat, get_format
from backend.records import DECLARATIONS, FORMATS, Tool
from backend.runs import STARTER, Run, Scratch
from job_templates.ml.models.base import load_weights, pretrained_base
from job_templates.ml.models.device import choose_precision
from job_templates.ml.models.folder_check import loading
from job_templates.ml.models.source import ModelSource
from job_templates.ml.models.starter import new_starter
from job_templates.ml.templates import SECONDS, render

PROBE = "Where is it?"


@dataclass(frozen=True, slots=True)
class Scorable:
    """A model in evaluation mode, its tokenizer, and the prompt format that it was trained with."""

    model: Any
    tokenizer: PreTrainedTokenizerBase
    fmt: PromptFormat


def load_tuned(source: ModelSource, tools: Sequence[Tool]) -> Scorable:
    """Returns the model of a source, with its run's prompt format, or the one that its chat template renders.

    Raises InputError if it cannot be loaded.
    """
    folder = source.adapter or source.weights
    with loading(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model: Any = load_weights(source.weights)
    if source.adapter is not None:
        with loading(source.adapter):
            model = PeftModel.from_pretrained(model, source.adapter).merge_and_unload()
    if source.run is not None:
        fmt = get_format(source.run.config.prompt_format, source.run.config.declarations)
    else:
        fmt = format_of(tokenizer, tools)
    return Scorable(choose_precision().ready(model), tokenizer, fmt)


def load_base(run: Run, tokenizer: PreTrainedTokenizerBase | None = None) -> Scorable:
    """Returns the model that a run started from: the starter before its first step, or the pretrained base.

    The starter needs the run's `tokenizer`; without one, it is read from the checkpoint. A base's prompt has the full
    declarations, whatever the run trained with, because a base that was not trained on the tools knows no other way.
    Raises InputError if the model cannot be loaded.
    """
    config = run.config
    if config.base_model == STARTER:
        with loading(run.checkpoint):
            tokenizer = tokenizer or AutoTokenizer.from_pretrained(run.checkpoint, trust_remote_code=False)
        model = new_starter(len(tokenizer), config.seed)
        model.set_attn_implementation("sdpa")
        return Scorable(
            choose_precision().ready(model), tokenizer, get_format(config.prompt_format, config.declarations)
        )
    with Scratch() as work:
        base = pretrained_base(config.base_model, Path(work))
    return Scorable(choose_precision().ready(base.model), base.tokenizer, get_format(config.prompt_format, "full"))


def format_of(tokenizer: PreTrainedTokenizerBase, tools: Sequence[Tool], seconds: float = SECONDS) -> PromptFormat:
    """Returns the prompt format that the checkpoint's chat template renders; native with full declarations if none.

    Raises InputError if the template takes longer than `seconds`.
    """
    messages = [{"role": "user", "content": PROBE}]
    developer = {"role": "developer", "content": DEVELOPER_SENTENCE}
    rendered = set(render(tokenizer, [messages, [developer, *messages]], [tool.to_dict() for tool in tools], seconds))
    formats = [get_format(name, declarations) for name in FORMATS for declarations in DECLARATIONS]
    return next((fmt for fmt in formats if fmt.prompt(tools, PROBE) in rendered), formats[0])
