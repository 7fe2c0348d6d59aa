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
"""Turn a checkpoint into a `.litertlm` file for a phone, and verify the file by running it on held-out rows.

Writes OUTPUT/export/PREFIX_q8_ekv1024.litertlm, and verification.json and tools_android.json to the same folder. Exit
code 0: the file passed, or could not be checked (the reason is printed); 1: it failed. A failed file is saved and
marked as failed.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.device import AUTO, AUTO_CACHES, DEFAULT_RECIPE, PREFILL_LENGTHS, RECIPES, SMALL_CACHE, Result
from backend.vocabulary import FULL
from job_templates import cli

if TYPE_CHECKING:
    from job_templates.ml.export import Request


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--model", required=True, help="a run, a checkpoint, a LoRA adapter (folders), or a Hub id")
    command.add_argument(
        "--output-repo",
        help="a folder (begins with '.', '/' or '~') or a Hub id (default: the folder or repository of the model)",
    )
    add_file_flags(command)
    return command


def add_file_flags(command: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the flags of the file: its name, prefill lengths, context, quantization and vocabulary."""
    usual = ",".join(map(str, PREFILL_LENGTHS))
    command.add_argument("--output-name-prefix", help="the start of the file's name (default: the model's name)")
    command.add_argument(
        "--prefill-seq-len",
        help=f"tokens of the prompt that are read at a time; of several numbers, the best fit for a prompt is used "
        f"(default: {usual})",
    )
    command.add_argument(
        "--kv-cache-max-len",
        default=AUTO,
        help="the most tokens of prompt and answer together, or auto: the smallest of "
        f"{', '.join(map(str, AUTO_CACHES))} that holds every row. {SMALL_CACHE} is enough for most prompts without "
        "declarations (default: %(default)s)",
    )
    command.add_argument(
        "--quantize",
        default=DEFAULT_RECIPE,
        metavar="RECIPE",
        help=f"{', '.join(RECIPES)}, or the name of a recipe in ai-edge-quantizer (default: %(default)s)",
    )
    command.add_argument(
        "--vocabulary",
        default=AUTO,
        metavar="LANGUAGES",
        help=f"{AUTO} keeps the words of English and of the languages of the training rows, {FULL} keeps all; or name "
        "languages, such as en,es. A smaller vocabulary makes the file smaller and faster (default: %(default)s)",
    )


def request_from(options: argparse.Namespace, model: str, output: str | None) -> Request:
    """The export that the flags describe. Raises InputError if a value is not allowed; it names the allowed ones."""
    from job_templates.ml.export import Request

    return Request.parse(
        model=model,
        output=output,
        prefix=options.output_name_prefix,
        prefill=options.prefill_seq_len,
        cache_length=options.kv_cache_max_len,
        recipe=options.quantize,
        vocabulary=options.vocabulary,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and export."""
    options = parser().parse_args(arguments)
    from job_templates.ml.export import export  # loads torch, which --help does not need

    verdict = export(request_from(options, options.model, options.output_repo))
    return 1 if verdict == Result.FAILED else 0


if __name__ == "__main__":
    cli.run(main)
