"""The flags of train.py and pipeline.py, and the settings that result from them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.runs import STARTER, RunConfig, Setting, settings_of

DATASET_HELP = (
    "a CSV with user_message and tool_calls, a file of chat messages or rows in another format (docs/data.md), or the "
    "id of a Hub dataset"
)
TOOLS_HELP = "the tools.json (default: the tools that the dataset declares)"
HUB_MODEL = "google/functiongemma-270m-it"


def add_data_flags(command: argparse.ArgumentParser, settings: type[RunConfig] = RunConfig) -> None:
    """Add --dataset, --tools, --near-misses, --output-repo, and the settings of what rows may contain."""
    command.add_argument("--dataset", required=True, help=DATASET_HELP)
    command.add_argument("--tools", help=TOOLS_HELP)
    command.add_argument(
        "--near-misses",
        type=Path,
        metavar="FILE",
        help="messages about the subject of the tools that no tool can carry out, a line each; they are copied into "
        "the run, and the evaluation asks them",
    )
    command.add_argument(
        "--output-repo",
        required=True,
        metavar="FOLDER|USER/NAME",
        help="the place of the run: a folder if it begins with '.', '/' or '~', else a private Hub model repository",
    )
    for setting in settings_of(settings):
        if setting.about_rows:
            add_setting_flag(command, setting)


def add_training_flags(command: argparse.ArgumentParser, settings: type[RunConfig] = RunConfig) -> None:
    """Add a flag for every setting of a run; without a flag, the base model's default applies."""
    command.add_argument(
        "--base-model",
        default=STARTER,
        help=f'"{STARTER}" (a model of about 1M parameters made from these rows, no download), a folder with a Gemma 3 '
        f"checkpoint, or a Hub id such as {HUB_MODEL} (default {STARTER})",
    )
    for setting in settings_of(settings):
        if setting.name != "base_model" and not setting.about_rows:
            add_setting_flag(command, setting)
    command.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted training in the same folder or repository from its last saved state, with the "
        "same rows in the same order",
    )


def add_setting_flag(command: argparse.ArgumentParser, setting: Setting) -> None:
    """Add the flag of one setting, with its help."""
    words: dict[str, Any] = {"help": setting.help_text.replace("%", "%%")}
    if setting.kind is bool:
        on: dict[str, Any] = {"action": argparse.BooleanOptionalAction, "default": None}
        command.add_argument(setting.flag, **(on if setting.default else {"action": "store_true"}), **words)
    elif setting.words:
        command.add_argument(setting.flag, choices=setting.words, **words)
    else:
        read = _auto_or(setting.kind) if "auto" in setting.besides else setting.kind
        command.add_argument(setting.flag, type=read, metavar=setting.metavar, **words)


def config_from(arguments: argparse.Namespace, settings: type[RunConfig] = RunConfig) -> RunConfig:
    """The run's settings from flags and the base model's defaults. Raises InputError if a value is out of range."""
    if arguments.trackio_project and os.environ.get("JOB_ID"):
        raise InputError(
            "--trackio-project writes to the disk of this machine, which is deleted when the job on Hugging Face ends. "
            "Leave it out: the losses are also in metrics.jsonl of --output-repo."
        )
    names = {setting.name for setting in settings_of(settings)}
    given = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    return settings.from_dict(given)


def _auto_or(number: Callable[[str], Any]) -> Callable[[str], float | str]:
    """Returns a parser of a number or "auto"."""

    def read(text: str) -> float | str:
        if text == "auto":
            return text
        try:
            return number(text)  # type: ignore[no-any-return]
        except ValueError:
            kind = "a whole number" if number is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is neither {kind} nor auto") from None

    return read
