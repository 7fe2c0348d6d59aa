"""The model that `--model` names: a run, a checkpoint, a LoRA adapter, or a Hub repository with one of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import snapshot_download

from backend.errors import InputError
from backend.hub import hub_errors
from backend.runs import Run, read_json
from job_templates.ml.models.adapter_check import base_name, check_adapter
from job_templates.ml.models.folder_check import check_checkpoint

CONFIG, ADAPTER_CONFIG, RUN_RECORD = "config.json", "adapter_config.json", "run.json"
TOKENIZER_MODEL, TEMPLATE = "tokenizer.model", "chat_template.jinja"
ARCHITECTURES = ("gemma3_text",)
DOWNLOADED_FILES = ("*.json", "*.jsonl", "*.safetensors", "*.model", "*.jinja", "inputs/*")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The weights that `--model` names, and their run, if there is one.

    `name` is the start of an exported file's name. `folder` is the named folder, or the download of `repo_id`.
    """

    name: str
    folder: Path
    weights: Path
    adapter: Path | None
    tokenizer_model: Path
    run: Run | None
    repo_id: str | None = None


def find_source(model: str) -> ModelSource:
    """Returns the source that `--model` names. Raises InputError with what the folder or repository lacks."""
    folder = resolve_folder(model)
    repo_id = None if Path(model).expanduser().is_dir() else model
    run = _run_around(folder)
    weights = folder
    if run is not None and folder == run.path:
        weights = run.checkpoint
        if not (weights / CONFIG).is_file():
            raise InputError(f"The run in {run.path} has no checkpoint yet. Train it first, then export it.")
    adapter, tokenizer_model = None, weights / TOKENIZER_MODEL
    if not (weights / CONFIG).is_file():
        adapter, weights = weights, _base_of(weights, local=repo_id is None)
        if not tokenizer_model.is_file():
            tokenizer_model = weights / TOKENIZER_MODEL
    name = _file_name(run.name if run is not None else Path(model.rstrip("/")).name)
    return _checked(ModelSource(name, folder, weights, adapter, tokenizer_model, run, repo_id))


def resolve_folder(model: str) -> Path:
    """Returns the folder `model`, or a download of that Hub repository. Raises InputError if there is neither."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.absolute()
    if model.startswith((".", "/", "~")) or model.count("/") != 1:
        raise InputError(
            f"There is no folder {model}. Name a run, a checkpoint or an adapter on this machine, or a Hub id such as "
            "you/your-model."
        )
    with hub_errors(model, "read the model"):
        return Path(snapshot_download(model, allow_patterns=list(DOWNLOADED_FILES), token=os.environ.get("HF_TOKEN")))


def _run_around(folder: Path) -> Run | None:
    """The run in `folder` or in a parent folder (of RUN/checkpoint or RUN/checkpoint/adapter); None if none."""
    for candidate in (folder, *list(folder.parents)[:2]):
        if (candidate / RUN_RECORD).is_file():
            return Run.open(candidate)
    return None


def _base_of(adapter: Path, *, local: bool) -> Path:
    """The folder of the model that a LoRA adapter belongs to."""
    if not (adapter / ADAPTER_CONFIG).is_file():
        raise InputError(
            f"{adapter} has no model: it has no {CONFIG} (a checkpoint), no {ADAPTER_CONFIG} (a LoRA adapter) and no "
            f"{RUN_RECORD} (a run). Name the folder that train.py wrote."
        )
    check_adapter(adapter)
    folder = resolve_folder(base_name(adapter, local=local))
    if not (folder / CONFIG).is_file():
        raise InputError(f"The adapter's base model, {folder}, has no {CONFIG}.")
    return folder


def _checked(source: ModelSource) -> ModelSource:
    """Returns the source itself. Raises InputError if a file is missing or the model is not a Gemma 3."""
    kind = read_json(source.weights / CONFIG).get("model_type")
    if kind not in ARCHITECTURES:
        raise InputError(
            f"{source.weights} is a model of type {str(kind)[:40]!r}; only {', '.join(ARCHITECTURES)} can be exported "
            "here (FunctionGemma, Gemma 3 270M and 1B, the starter)."
        )
    if not any(source.weights.glob("*.safetensors")):
        raise InputError(f"{source.weights} has no weights (*.safetensors). Save the model again, or train it first.")
    if not source.tokenizer_model.is_file():
        raise InputError(
            f"{source.tokenizer_model} is missing. Phones need the SentencePiece file: copy {TOKENIZER_MODEL} from the "
            "base model into this folder (transformers does not write it)."
        )
    check_checkpoint(source.weights)
    return source


def _file_name(name: str) -> str:
    """`name` as part of a file's name: letters, digits, dot, dash and underscore."""
    return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.") or "model"
