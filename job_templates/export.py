"""Turn a checkpoint into a `.litertlm` file for a phone, and verify the file by running it on held-out rows.

Writes OUTPUT/export/PREFIX_q8_ekv1024.litertlm with verification.json and tools_android.json beside it. Ends with 0
when the file passed or could not be checked (the reason is printed), with 1 when it failed; a failed file is kept and
marked.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
from collections.abc import Sequence

from job_templates import cli
from job_templates.ml.litert.checks import Result
from job_templates.ml.litert.exporting import Request, export
from job_templates.ml.litert.recipes import FRIENDLY


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--model", required=True, help="a run, a checkpoint, a LoRA adapter (folders), or a Hub id")
    command.add_argument(
        "--output-repo", help="a folder (begins with '.', '/' or '~') or a Hub id; default: where the model is"
    )
    command.add_argument("--output-name-prefix", help="how the file's name begins; default: the model's name")
    command.add_argument(
        "--prefill-seq-len",
        default="256",
        help="tokens read at a time; several, as in 32,256, let short prompts start sooner (default: %(default)s)",
    )
    command.add_argument(
        "--kv-cache-max-len",
        type=int,
        default=1024,
        help="tokens that prompt and answer may have together (default: %(default)s)",
    )
    command.add_argument(
        "--quantize",
        default="dynamic_int8",
        metavar="RECIPE",
        help=f"{', '.join(FRIENDLY)}, or a recipe by ai-edge-quantizer's own name (default: %(default)s)",
    )
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and export."""
    options = parser().parse_args(arguments)
    request = Request.parse(
        model=options.model,
        output=options.output_repo,
        prefix=options.output_name_prefix,
        prefill=options.prefill_seq_len,
        cache_length=options.kv_cache_max_len,
        recipe=options.quantize,
    )
    return 1 if export(request) == Result.FAILED else 0


if __name__ == "__main__":
    cli.run(main)
