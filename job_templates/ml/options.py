"""The flags of train.py and pipeline.py, and the settings that they make."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from backend.records import DECLARATIONS, FORMATS
from backend.runs import STARTER, RunConfig, default_config

HUB_MODEL = "google/functiongemma-270m-it"


def add_data_flags(command: argparse.ArgumentParser) -> None:
    """--dataset, --tools and --output-repo."""
    command.add_argument(
        "--dataset", required=True, help="a CSV with user_message and tool_calls, or the id of a Hub dataset"
    )
    command.add_argument("--tools", required=True, help="the tools.json")
    command.add_argument(
        "--output-repo",
        required=True,
        metavar="FOLDER|USER/NAME",
        help="where the run goes: a folder when it begins with '.', '/' or '~', else a private Hub model repository",
    )
    command.add_argument("--allow-multiple-calls", action="store_true", help="rows may call several tools")
    command.add_argument("--allow-no-call", action="store_true", help="rows may call nothing")


def add_training_flags(command: argparse.ArgumentParser) -> None:
    """Every setting of a run; what is left out takes the base model's default."""
    starter, other = asdict(default_config(STARTER)), asdict(default_config(HUB_MODEL))

    def default(name: str) -> str:
        return f"(default {other[name]:g}; starter {starter[name]:g})"

    command.add_argument(
        "--base-model",
        default=STARTER,
        help=f'"{STARTER}" (a model of about 1M parameters made from these rows, no download), a folder with a Gemma 3 '
        f"checkpoint, or a Hub id such as {HUB_MODEL} (default {STARTER})",
    )
    command.add_argument("--prompt-format", choices=FORMATS, help="how tools and calls are written (default native)")
    command.add_argument(
        "--declarations",
        choices=DECLARATIONS,
        help="how much of the tools stands in the prompt: all, their names, or nothing: they live in the weights "
        f"(default {other['declarations']}; starter {starter['declarations']})",
    )
    command.add_argument("--epochs", type=float, help=f"passes over the rows {default('epochs')}")
    command.add_argument("--lr", type=float, help=f"peak learning rate {default('lr')}")
    command.add_argument("--batch-size", type=int, help=f"rows an optimiser step {default('batch_size')}")
    command.add_argument(
        "--max-seq-length",
        type=length,
        help='tokens of prompt and answer; "auto" computes it; a number that would cut an answer is refused '
        "(default auto)",
    )
    command.add_argument(
        "--lora-r", type=int, help=f"rank of the adapter; not for the starter (default {other['lora_r']})"
    )
    command.add_argument(
        "--lora-alpha", type=int, help=f"scale of the adapter; not for the starter (default {other['lora_alpha']})"
    )
    command.add_argument("--test-split", type=float, help="share of the rows held out for the evaluation (default 0.1)")
    command.add_argument(
        "--max-examples", type=int, help="train on at most so many rows, for a quick test (default all)"
    )
    command.add_argument("--seed", type=int, help="makes split, weights and order repeatable (default 42)")
    command.add_argument("--trackio-project", help="also log to this local Trackio project (see it with: trackio show)")


def config_from(arguments: argparse.Namespace) -> RunConfig:
    """The run's settings: the flags given, and the base model's defaults; InputError for a value out of range."""
    names = RunConfig.__dataclass_fields__
    given = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    return RunConfig.from_dict(given)


def length(text: str) -> int | str:
    """A number of tokens, or "auto"."""
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor auto") from None
