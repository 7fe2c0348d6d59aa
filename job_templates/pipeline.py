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
#     "litert-torch==0.10.0",
#     "ai-edge-litert==2.3.0",
#     "ai-edge-quantizer==0.10.0",
#     "litert-converter==0.5.0",
#     "litert-lm-api==0.18.1",
#     "litert-lm-builder==0.18.1",
#     "torchao==0.18.0",
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
"""Train, evaluate and export in one command. The results of each stage are saved before the next one starts."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from backend.device import AUTO_CACHES, Result
from job_templates import cli, export
from job_templates.hub import require_gpu
from job_templates.ml.run import Inputs, Workspace, add_data_flags, add_training_flags, config_from, stage, workspace

if TYPE_CHECKING:
    from job_templates.ml.export import Request


def parser() -> argparse.ArgumentParser:
    """The command line: the flags of train.py and export.py."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_flags(command)
    add_training_flags(command)
    export.add_file_flags(command.add_argument_group("export"))
    return command


def main(argv: list[str] | None = None) -> int:
    """Run the three stages; returns 1 if the file failed its checks. Raises InputError if the input is at fault."""
    arguments = parser().parse_args(argv)
    config = config_from(arguments)
    request = export.request_from(
        arguments, arguments.output_repo, None
    )  # a wrong value is reported now, not after the training
    require_gpu(os.environ)
    resume = arguments.resume
    inputs = Inputs(arguments.dataset, arguments.tools, arguments.near_misses)
    with workspace(config, inputs, arguments.output_repo, resume=resume) as place:
        _train(place, request.cache_length or AUTO_CACHES[-1], resume=resume)
        _evaluate(place)
        return _export(place, request)


def _train(place: Workspace, cache_length: int, *, resume: bool) -> None:
    with stage(place.run, "train"):
        from job_templates.ml.training import train

        train(place.run, cache_length, resume=resume, repo_id=place.repo_id)
    place.save()


def _evaluate(place: Workspace) -> None:
    from job_templates.ml.evaluation import evaluate_run

    evaluate_run(place.run)
    place.save()


def _export(place: Workspace, request: Request) -> int:
    from job_templates.ml.export import export as export_file

    folder = str(place.run.path)
    verdict = export_file(replace(request, model=folder, output=folder))
    place.save()
    return 1 if verdict == Result.FAILED else 0


if __name__ == "__main__":
    cli.run(main)
