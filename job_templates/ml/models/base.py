"""The model that a run starts from: a new starter, or a Gemma 3 in a folder or on the Hub."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from backend.errors import InputError
from backend.hub import hub_errors
from backend.prompts import PromptFormat
from backend.records import Example, Tool
from backend.runs import RunConfig, read_json
from backend.tokens import STARTER, tool_texts, train_starter_tokenizer
from job_templates.ml.models.control_tokens import load_tokenizer
from job_templates.ml.models.folder_check import check_checkpoint, loading
from job_templates.ml.models.starter import fast_tokenizer, new_starter

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
TARGETS = {"all": [*ATTENTION, "gate_proj", "up_proj", "down_proj"], "attention": ATTENTION}
FILES = ["*.json", "*.safetensors", "tokenizer.model", "*.jinja"]


@dataclass(frozen=True, slots=True)
class Base:
    """A model in float32 with its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    tokenizer_model: Path | None


def prepare_base(
    config: RunConfig, train: Sequence[Example], tools: Sequence[Tool], fmt: PromptFormat, work: Path
) -> Base:
    """Returns the base model of a run. The starter's tokenizer is trained on the rows of `train`, in the folder `work`.

    Raises InputError if there is no model of that name, or it is not a Gemma 3.
    """
    if config.base_model == STARTER:
        return starter_base(config.seed, train, tools, fmt, work)
    return pretrained_base(config.base_model, work)


def starter_base(seed: int, train: Sequence[Example], tools: Sequence[Tool], fmt: PromptFormat, work: Path) -> Base:
    """Returns a new starter for these rows. The same seed and rows give the same weights."""
    texts = [text for row in train for text in (row.message, fmt.completion(row.calls, row.answer))]
    path = train_starter_tokenizer([*texts, *tool_texts(tools)], work)
    tokenizer = fast_tokenizer(path)
    model = new_starter(len(tokenizer), seed)
    model.set_attn_implementation("sdpa")
    return Base(model, tokenizer, path)


def pretrained_base(name: str, work: Path) -> Base:
    """Returns a Gemma 3 from a folder or the Hub, in float32.

    `work` is a folder for rewritten tokenizer files. Raises InputError if there is no such model, or it is not a
    Gemma 3.
    """
    folder = local_folder(name)
    kind = read_json(folder / "config.json").get("model_type")
    if kind != "gemma3_text":
        raise InputError(
            f"{name} is a {str(kind)[:40]!r} model. The trainer works with Gemma 3 text models: "
            "google/functiongemma-270m-it, another Gemma 3 270M or 1B, or the starter."
        )
    check_checkpoint(folder)
    tokenizer, tokenizer_model = load_tokenizer(folder, name, work)
    return Base(load_weights(folder), tokenizer, tokenizer_model)


def load_weights(folder: Path) -> PreTrainedModel:
    """Returns the model in a checked folder, in float32. Raises InputError if the library cannot load it."""
    with loading(folder):
        return AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="sdpa", use_safetensors=True, trust_remote_code=False
        )


def local_folder(name: str) -> Path:
    """Returns the folder `name`, or a download from the Hub with the token in HF_TOKEN.

    Raises InputError if there is no such folder or repository.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise InputError(f"{folder} has no model: config.json is missing. Name the folder of a saved checkpoint.")
        return folder
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise InputError(
            f'The base model {name!r} is not a folder on this machine. Give "starter", the folder of a '
            "checkpoint, or a Hub id such as google/functiongemma-270m-it."
        )
    with hub_errors(name, "download the model"):
        return Path(snapshot_download(name, allow_patterns=FILES, token=os.environ.get("HF_TOKEN")))


def with_adapter(model: PreTrainedModel, config: RunConfig) -> PeftModel:
    """Returns the model with a LoRA adapter on its layers. The same seed gives the same adapter."""
    torch.manual_seed(config.seed)
    lora = LoraConfig(
        r=config.lora_r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=TARGETS[config.lora_targets],
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, lora)
