"""The flags of train.py and pipeline.py, and the settings that they make."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import asdict

from backend.errors import InputError
from backend.records import DECLARATIONS, FORMATS
from backend.runs import STARTER, RunConfig, default_config
from backend.runs.config import ENGINES, LORA_TARGETS, METHODS, PRECISIONS, SCHEDULERS
from backend.runs.epochs import usual_length

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
        f"(default {RunConfig().declarations})",
    )
    command.add_argument("--epochs", type=_auto_or(float), help=f"passes over the rows {_default_epochs()}")
    command.add_argument("--lr", type=float, help=f"peak learning rate {_default('lr')}")
    command.add_argument("--batch-size", type=int, help=f"rows an optimiser step {_default('batch_size')}")
    command.add_argument(
        "--max-seq-length",
        type=_auto_or(int),
        help='tokens of prompt and answer; "auto" computes it; a number that would cut an answer is refused '
        "(default auto)",
    )
    add_fitting_flags(command)
    command.add_argument("--test-split", type=float, help="share of the rows held out for the evaluation (default 0.1)")
    command.add_argument(
        "--max-examples", type=int, help="train on at most so many rows, for a quick test (default all)"
    )
    command.add_argument("--seed", type=int, help="makes split, weights and order repeatable (default 42)")
    command.add_argument(
        "--trackio-project",
        help="also log to this local Trackio project (see it with: trackio show); not in a job on Hugging Face, whose "
        "disk is lost",
    )


def add_fitting_flags(command: argparse.ArgumentParser) -> None:
    """How the weights are fitted, and how often they are kept."""
    other = asdict(default_config(HUB_MODEL))
    command.add_argument(
        "--method",
        choices=METHODS,
        help="lora trains an adapter and merges it, full trains all weights (default lora; starter full)",
    )
    command.add_argument("--lora-r", type=int, help=f"rank of the adapter (default {other['lora_r']})")
    command.add_argument("--lora-alpha", type=int, help=f"scale of the adapter (default {other['lora_alpha']})")
    command.add_argument(
        "--lora-targets", choices=LORA_TARGETS, help="adapt all linear layers or attention alone (default all)"
    )
    command.add_argument(
        "--lora-dropout", type=float, help=f"share of the adapter's inputs dropped (default {other['lora_dropout']:g})"
    )
    command.add_argument(
        "--warmup-ratio", type=float, help=f"share of the steps in which the rate rises {_default('warmup_ratio')}"
    )
    command.add_argument(
        "--lr-scheduler", choices=SCHEDULERS, help="how the rate goes on from its peak (default cosine)"
    )
    command.add_argument(
        "--weight-decay", type=float, help=f"how strongly weights are drawn to zero {_default('weight_decay')}"
    )
    command.add_argument(
        "--early-stopping",
        type=int,
        metavar="LOOKS",
        help="stop after so many looks at the held-out rows without a better one (default never)",
    )
    command.add_argument(
        "--checkpoint-minutes",
        type=float,
        help="save the training at least this often, besides after each epoch (default 5)",
    )
    command.add_argument(
        "--engine",
        choices=ENGINES,
        help="shared computes the prompt's common part once a step, plain in every row, as TRL does; both learn the "
        "same (default shared)",
    )
    command.add_argument(
        "--precision",
        choices=PRECISIONS,
        help="what products are made in; auto takes bfloat16 where the device has it, float16 with a scaled loss on an "
        "older GPU, float32 on other CPUs (default auto)",
    )
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last saved point of a training in the same folder or repository that was cut off; same "
        "data, same order",
    )


def _default(name: str) -> str:
    """The default for a pretrained base and for the starter, in words."""
    starter, other = asdict(default_config(STARTER)), asdict(default_config(HUB_MODEL))
    return f"(default {other[name]:g}; starter {starter[name]:g})"


def _default_epochs() -> str:
    other, starter = usual_length(HUB_MODEL), usual_length(STARTER)
    return (
        f"(default auto: {other.epochs:g}, starter {starter.epochs:g}, and more where few rows would make fewer than "
        f"{other.steps} steps, starter {starter.steps})"
    )


def config_from(arguments: argparse.Namespace) -> RunConfig:
    """The run's settings: the flags given, and the base model's defaults; InputError for a value out of range."""
    if arguments.trackio_project and os.environ.get("JOB_ID"):
        raise InputError(
            "--trackio-project writes to the disk of this machine, which is lost when the job on Hugging Face ends. "
            "Leave it out: the losses are also in metrics.jsonl of --output-repo."
        )
    names = RunConfig.__dataclass_fields__
    given = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    return RunConfig.from_dict(given)


def _auto_or(number: type[int] | type[float]) -> Callable[[str], float | str]:
    """What reads a number, or "auto"."""

    def read(text: str) -> float | str:
        if text == "auto":
            return text
        try:
            return number(text)
        except ValueError:
            kind = "a whole number" if number is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is neither {kind} nor auto") from None

    return read
