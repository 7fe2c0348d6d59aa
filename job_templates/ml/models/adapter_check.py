"""The check of a LoRA adapter's folder before PEFT reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.runs import read_json
from job_templates.ml.models.folder_check import ADAPTER_CONFIG, check_names, weights_in

WEIGHTS = "adapter_model.safetensors"
MOST_RANK = 4_096
LOADS_CODE = ("megatron_config", "layer_replication", "eva_config", "corda_config", "loftq_config")
"""Settings with which PEFT imports modules by name, or does more than add the product of two matrices."""
MAKE_AGAIN = "Train the adapter again, or name another one."


def check_adapter(folder: Path) -> None:
    """Check an adapter's file names, settings and weights. Raises InputError with the first that cannot be used."""
    check_names(folder)
    path = folder / ADAPTER_CONFIG
    record = read_json(path)
    if record.get("peft_type") != "LORA":
        raise InputError(f"{path}: peft_type is {str(record.get('peft_type'))[:40]!r}; only LORA is supported.")
    used = next((name for name in LOADS_CODE if record.get(name)), None if _plain_mapping(record) else "auto_mapping")
    if used:
        raise InputError(f"{path} has {used!r}, which is not supported. {MAKE_AGAIN}")
    if type(record.get("r")) is not int or not 1 <= record["r"] <= MOST_RANK:
        raise InputError(f"{path}: r must be a whole number from 1 to {MOST_RANK:,}. {MAKE_AGAIN}")
    if type(record.get("lora_alpha")) not in (int, float) or not 0 < record["lora_alpha"] <= 10**6:
        raise InputError(f"{path}: lora_alpha must be a number above 0. {MAKE_AGAIN}")
    if not (folder / WEIGHTS).is_file():
        raise InputError(f"{folder} has no {WEIGHTS}. {MAKE_AGAIN}")
    weights_in(folder / WEIGHTS)


def _plain_mapping(record: dict[str, Any]) -> bool:
    """Whether the adapter names a model class of transformers, or none."""
    mapping = record.get("auto_mapping")
    library = mapping.get("parent_library") if isinstance(mapping, dict) else mapping
    return library is None or (isinstance(library, str) and library.startswith("transformers."))


def base_name(folder: Path, *, local: bool) -> str:
    """Returns the name of an adapter's base model. With `local`, it may be a folder.

    Raises InputError if the adapter names no base model, or without `local` a folder of this machine.
    """
    path = folder / ADAPTER_CONFIG
    record: dict[str, Any] = read_json(path)
    base = record.get("base_model_name_or_path")
    if not isinstance(base, str) or not base or len(base) > 4_096 or not base.isprintable():
        raise InputError(f"{path} does not say which base model the adapter belongs to.")
    if not local and (base.startswith((".", "/", "~")) or base.count("/") != 1 or Path(base).exists()):
        raise InputError(
            f"{path} names a folder, {base[:80]!r}, as the adapter's base model, but an adapter on the Hub needs a "
            "base model on the Hub. Download the adapter, write the path of its base model into this file, and name "
            "the adapter's folder."
        )
    return base
