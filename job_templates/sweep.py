# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
#     "pandas==3.1.1",
#     "pyarrow==26.0.1",
#     "python-calamine==0.9.1",
#     "numpy==2.4.6",
#     "jinja2==3.1.6",
#     "sentencepiece==0.2.3",
#     "protobuf==7.36.2",
#     "tokenizers==0.23.3",
#     "scikit-learn==1.9.1",
#     "wordfreq==3.1.1",
#     "torch==2.13.0",
#     "transformers==5.23.0",
#     "trl==1.16.0",
#     "peft==0.21.2",
#     "datasets==5.2.0",
#     "accelerate==1.15.0",
#     "safetensors==0.8.0",
#     "trackio==0.43.0",
#     "psutil==7.2.2",
# ]
#
# [tool.uv.sources]
# torch = { index = "pytorch-cu126", marker = "sys_platform == 'linux' and platform_machine == 'x86_64'" }
#
# [[tool.uv.index]]
# name = "pytorch-cu126"
# url = "https://download.pytorch.org/whl/cu126"
# explicit = true
# ///
"""Find better settings for a training within a budget in minutes, and train with them. The result is an ordinary run.

Trials with a part of the epochs choose a few settings, and the final compares these with several seeds on rows that
chose nothing before. All these rows are held out of the training side: the run's own held-out rows only measure the
result. The settings given by flags are always one of the trials, and the search keeps them unless others are better.
sweep.json in the run's folder records every trial; --resume continues from it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

import argparse
import os
from collections.abc import Callable
from dataclasses import replace

from backend.errors import InputError
from backend.records import Example, Tool
from backend.runs import Run, RunConfig
from backend.trials import (
    DEFAULT_SEEDS,
    FEWEST,
    MOST_CANDIDATES,
    MOST_SEEDS,
    SEARCHED,
    Sweep,
    folds,
)
from job_templates import cli
from job_templates.hub import require_gpu
from job_templates.ml.run import (
    Inputs,
    add_data_flags,
    add_training_flags,
    check_options,
    config_from,
    divide,
    stage,
    workspace,
)
from job_templates.ml.search import Costs, Request, begin, search, started_with

MOST_MINUTES = 7 * 24 * 60


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_flags(command)
    add_training_flags(command)
    what = command.add_argument_group("the search")
    what.add_argument(
        "--minutes",
        type=_number(float, 1, MOST_MINUTES),
        required=True,
        metavar="MINUTES",
        help="the budget: all trials, and training and evaluating the result",
    )
    what.add_argument(
        "--search",
        action="append",
        default=[],
        choices=tuple(SEARCHED),
        help="search this setting; may be given several times (default: all that can differ)",
    )
    what.add_argument(
        "--other-base",
        action="append",
        default=[],
        metavar="MODEL",
        help="also try this base model, a folder or a Hub id; may be given several times",
    )
    what.add_argument(
        "--seeds",
        type=_number(int, 1, MOST_SEEDS),
        default=DEFAULT_SEEDS,
        metavar="N",
        help="seeds of each finalist (default: %(default)s)",
    )
    what.add_argument(
        "--settings",
        type=_number(int, FEWEST, MOST_CANDIDATES),
        default=MOST_CANDIDATES,
        metavar="N",
        help="try at most this many settings (default: %(default)s, or as many as fit)",
    )
    what.add_argument("--plan", action="store_true", help="print what the search would do, and stop")
    return command


def main(argv: list[str] | None = None) -> None:
    """Search, then train and evaluate the result. Raises InputError if the input is at fault."""
    arguments = parser().parse_args(argv)
    config = config_from(arguments)
    request = Request(
        arguments.minutes,
        tuple(arguments.other_base),
        tuple(arguments.search),
        arguments.seeds,
        arguments.settings,
    )
    folder = _folder(arguments.output_repo)
    resume = arguments.resume
    require_gpu(os.environ)
    config, now = started_with(folder, config) if resume else (config, config)
    inputs = Inputs(arguments.dataset, arguments.tools, arguments.near_misses)
    with workspace(now, inputs, str(folder), resume=resume) as place:
        tools, rows = _training_side(place.run, config)
        sweep = begin(place.run, config, request, rows, resume=resume)
        costs = Costs(rows, tools, check_options(config))
        _tell(sweep, costs)
        if arguments.plan:
            return
        with stage(place.run, "search"):
            sweep = search(place.run, sweep, folds(rows, tools, config, request.seeds + 1), costs)
        _train(place.run, sweep, resume=resume)


def _folder(output: str) -> Path:
    if not output.startswith((".", "/", "~")):
        raise InputError(
            f"{output[:80]!r} is not a folder. A search is kept in a folder, from which it continues: begin its name "
            "with './', '/' or '~'."
        )
    return Path(output).expanduser().absolute()


def _training_side(run: Run, config: RunConfig) -> tuple[tuple[Tool, ...], tuple[Example, ...]]:
    """The tools, and the run's training rows with all rows that a large model wrote."""
    tools, split = divide(replace(run, config=replace(config, grown_share=1.0)))
    return tools, split.train


def _tell(sweep: Sweep, costs: Costs) -> None:
    """Print the budget and how many trials fit into it. Raises InputError if none do."""
    names = ", ".join(SEARCHED[name] for name in sweep.searched)
    cli.say(f"Searches {names}, for {sweep.minutes:g} minutes at most")
    if sweep.trials:
        cli.say(f"Continues after {len(sweep.trials)} trials, which took {sweep.seconds / 60:.1f} minutes")
        return
    one = costs.mean(sweep, 1.0) / 60
    try:
        plan = costs.plan(sweep)
    except InputError as error:
        cli.say(f"By the estimate for a CPU, {error} The first trial measures this machine.")
        return
    cli.say(
        f"By the estimate for a CPU, a training takes about {one:.1f} minutes, and {plan.settings} settings in "
        f"{plan.trials} trials fit. The first trial measures this machine."
    )


def _train(run: Run, sweep: Sweep, *, resume: bool) -> None:
    """Train the run with the settings that were found, on all its training rows, and evaluate it."""
    from job_templates.ml.evaluation import evaluate_run
    from job_templates.ml.training import train

    assert sweep.found is not None
    found = run.with_config(sweep.settings[sweep.found.settings])
    with stage(found, "train"):
        train(found, resume=resume)
    if not found.evaluation_path.is_file():
        evaluate_run(found)


def _number(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    """Returns a parser of a number from `least` to `most`."""

    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
        return number

    return read


if __name__ == "__main__":
    cli.run(main)
