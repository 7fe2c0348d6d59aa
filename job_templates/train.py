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
"""Train a model that calls your tools, from a tools.json and a CSV. The result is a run with a checkpoint.

The rows are split first, and the model is never trained on the held-out ones. The starter (the default) is made from
your rows alone. Any other base gets a LoRA adapter, which is merged at the end. --resume continues an interrupted
training.
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

from job_templates import cli
from job_templates.hub import require_gpu
from job_templates.ml.run import Inputs, add_data_flags, add_training_flags, config_from, stage, workspace


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_flags(command)
    add_training_flags(command)
    return command


def main(argv: list[str] | None = None) -> None:
    """Train the run that the flags describe, and save it. Raises InputError if the input is at fault."""
    arguments = parser().parse_args(argv)
    config = config_from(arguments)
    require_gpu(os.environ)
    resume = arguments.resume
    inputs = Inputs(arguments.dataset, arguments.tools, arguments.near_misses)
    with workspace(config, inputs, arguments.output_repo, resume=resume) as place:
        with stage(place.run, "train"):
            from job_templates.ml.training import train

            train(place.run, resume=resume, repo_id=place.repo_id)
        place.save()


if __name__ == "__main__":
    cli.run(main)
