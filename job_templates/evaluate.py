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
"""Measure a model on rows that it was not trained on: tools, arguments and both, for each tool, with 95 % intervals.

--model names a run, a checkpoint or a Hub repository. For a run, the rows that train.py held out are scored. With
--dataset, the rows of that dataset are scored, without those that the run was trained on. --predictions scores the
answers in a file instead: a CSV or JSON lines with user_message and answer, for every row of --dataset.
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
from contextlib import nullcontext
from typing import Any

from backend.errors import InputError
from backend.files import write_json_output
from backend.prompts import get_format
from backend.records import FORMATS
from backend.scoring import Setup, build_evaluation, read_predictions, score_rows
from job_templates import cli
from job_templates.hub import require_gpu
from job_templates.ml.run import say_report, stage


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scored = command.add_mutually_exclusive_group(required=True)
    scored.add_argument("--model", metavar="FOLDER|USER/NAME", help="a run, a checkpoint, or a Hub repository with one")
    scored.add_argument("--predictions", type=Path, metavar="FILE", help="answers to score, without any model")
    command.add_argument(
        "--prompt-format", choices=FORMATS, default="native", help="how --predictions are written (default native)"
    )
    command.add_argument(
        "--dataset", help="a CSV, rows in another format, or a Hub dataset (default: the run's own rows)"
    )
    command.add_argument("--tools", help="the tools.json (default: the run's own, or those that --dataset declares)")
    command.add_argument(
        "--split", default="test", help="the split of --dataset to read, if it has several (default test)"
    )
    command.add_argument(
        "--baseline",
        action=argparse.BooleanOptionalAction,
        help="also score the model that the run started from (default: yes if --model is a run)",
    )
    command.add_argument(
        "--probes",
        action="store_true",
        help="also score the rows with typos, in lower case and without punctuation, and with changed tools if these "
        "are in the prompt",
    )
    command.add_argument(
        "--near-misses",
        type=Path,
        metavar="FILE",
        help="messages about the subject of the tools that no tool can carry out, a line each (default: the run's)",
    )
    compared: dict[str, Any] = {"dest": "compare_with", "type": Path, "action": "append", "default": []}
    command.add_argument(
        "--compare-with",
        **compared,
        metavar="RUN|FILE",
        help="also compare with another run, an evaluation.json or an export's verification.json, row by row; may be "
        "given several times",
    )
    command.add_argument("--beside", **compared, help=argparse.SUPPRESS)  # the name of --compare-with until 2026-11
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="the file for the report (default: evaluation.json in the run)"
    )
    return command


def main(argv: list[str] | None = None) -> None:
    """Score the model that the flags name, and write the report. Raises InputError if the input is at fault."""
    arguments = parser().parse_args(argv)
    if arguments.predictions:
        _score_file(arguments)
    else:
        require_gpu(os.environ)
        _score_model(arguments)


def _score_model(arguments: argparse.Namespace) -> None:
    from job_templates.ml.evaluation import evaluate, save
    from job_templates.ml.models import find_source
    from job_templates.ml.run import read_others, scored_rows, with_comparisons

    source, others = find_source(arguments.model), read_others(arguments.compare_with)
    if arguments.baseline and source.run is None:
        raise InputError(
            "--baseline needs a run: the base model of this checkpoint is unknown. Name a run, or leave --baseline out."
        )
    output = arguments.output or (source.run.evaluation_path if source.run else Path("evaluation.json"))
    with stage(source.run, "evaluate") if source.run else nullcontext():
        scored = scored_rows(source.run, arguments.dataset, arguments.tools, arguments.split)
        if scored.note:
            cli.say(scored.note)
        near_misses = arguments.near_misses and arguments.near_misses.expanduser()
        report = evaluate(source, scored, baseline=arguments.baseline, probes=arguments.probes, near_misses=near_misses)
        save(with_comparisons(report, others), output.expanduser(), source.run, scored.tools)
    cli.say(f"Wrote {output}")


def _score_file(arguments: argparse.Namespace) -> None:
    from job_templates.ml.run import read_others, scored_rows, with_comparisons

    if arguments.baseline or arguments.probes or arguments.near_misses:
        raise InputError(
            "--baseline, --probes and --near-misses need a model. Leave them out with --predictions, or give "
            "--model instead."
        )
    others = read_others(arguments.compare_with)
    scored = scored_rows(None, arguments.dataset, arguments.tools, arguments.split)
    answers = read_predictions(arguments.predictions.expanduser(), scored.rows)
    fmt = get_format(arguments.prompt_format)
    report = score_rows(scored.rows, answers, scored.tools, fmt)
    say_report("Predictions", report)
    setup = Setup(predictions=arguments.predictions.name, prompt_format=fmt.name, rows=report.n)
    output = (arguments.output or Path("evaluation.json")).expanduser()
    evaluation = with_comparisons(build_evaluation(report, None, setup), others)
    write_json_output(output, evaluation.to_dict())
    cli.say(f"Wrote {output}")


if __name__ == "__main__":
    cli.run(main)
