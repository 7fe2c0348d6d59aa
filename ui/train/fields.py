"""What the settings form offers, and its values: from a run's settings and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend.errors import InputError
from backend.runs import STARTER, RunConfig, default_config
from backend.runs.epochs import shown
from ui.jobs.launch import refuse_folder

OTHER, FUNCTIONGEMMA = "other", "google/functiongemma-270m-it"
DECLARATIONS = [("None: the tools live in the weights", "none"), ("Names only", "names"), ("Full declarations", "full")]
DECLARATIONS_NOTE = (
    "None answers soonest; with few rows a tool, full can be more accurate. A new tool needs a new training."
)
EFFORT_CHOICES = [("Fast", "fast"), ("Balanced", "balanced"), ("Thorough", "thorough")]
EFFORT_NOTE = "Sets the epochs. Thorough doubles them, and stops when the held-out rows gain nothing."
METHOD_CHOICES = [("Adapter (LoRA)", "lora"), ("All weights", "full")]
METHOD_NOTE = "All weights take more memory and a tenth of the rate; an adapter trained for the same time did as well."
TARGET_CHOICES = [("All linear layers", "all"), ("Attention alone", "attention")]
SCHEDULE_CHOICES = [("Cosine, to zero", "cosine"), ("Linear, to zero", "linear"), ("Constant", "constant")]
FORMATS = [("Native (FunctionGemma's own)", "native"), ("JSON (for apps that read raw text)", "json")]


def read_settings(values: Sequence[Any], *, folders: bool = True) -> tuple[str, RunConfig]:
    """The run's name and settings from the form's fields; InputError for the first that is not allowed.

    `folders` says whether the base may be a folder of this machine.
    """
    name, base, base_id, epochs, declarations, fmt, lr, batch, length, r, alpha, held_out, most, seed, *more = values
    method, targets, dropout, warmup, scheduler, decay, stopping, minutes, trackio = more
    base_model = str(base_id or "").strip() if base == OTHER else str(base)
    if not base_model:
        what = "a folder on this machine, or a Hub id" if folders else "a Hub id"
        raise InputError(f"Name the base model: {what} such as google/functiongemma-270m-it.")
    if not folders:
        refuse_folder(base_model)
    config = replace(
        default_config(base_model),
        epochs=_epochs(epochs), declarations=declarations, prompt_format=fmt, lr=lr, batch_size=batch,
        max_seq_length=_whole(length or "auto", "auto"), lora_r=r, lora_alpha=alpha,
        test_split=held_out, max_examples=_whole(most, None), seed=seed,
        method=method if base_model != STARTER else "full", lora_targets=targets, lora_dropout=dropout,
        warmup_ratio=warmup, lr_scheduler=scheduler, weight_decay=decay, early_stopping=_whole(stopping, None),
        checkpoint_minutes=minutes, trackio_project=str(trackio or "").strip() or None,
    )  # fmt: skip
    return str(name or "").strip(), config


def _whole(value: object, without: Any) -> Any:
    """A whole number written in a text field; `without` where it is empty or says auto; other text as it is."""
    written = str(value if value is not None else "").strip().replace(",", "").casefold()
    if written in ("", "auto", "all"):
        return without
    return int(written) if written.isdecimal() else value


def _epochs(value: object) -> Any:
    """A number of epochs written in a text field, or auto; other text as it is."""
    written = str(value if value is not None else "").strip().casefold()
    try:
        return float(written)
    except ValueError:
        return "auto" if written in ("", "auto") else value


def setting_values(config: RunConfig) -> list[Any]:
    """The values of the form's fields behind name and base model, in the order of read_settings."""
    return [
        shown(config.epochs), config.declarations, config.prompt_format, config.lr, config.batch_size,
        str(config.max_seq_length),
        config.lora_r, config.lora_alpha, config.test_split, str(config.max_examples or ""), config.seed,
        config.method, config.lora_targets, config.lora_dropout, config.warmup_ratio, config.lr_scheduler,
        config.weight_decay, str(config.early_stopping or ""), config.checkpoint_minutes, config.trackio_project or "",
    ]  # fmt: skip
