"""The whole road in one go: train, evaluate, export. What a stage made is saved before the next one starts."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse

from job_templates import cli, export
from job_templates.ml.litert.recipes import FRIENDLY
from job_templates.ml.options import add_data_flags, add_training_flags, config_from
from job_templates.ml.stages import stage
from job_templates.ml.workspace import Workspace, workspace


def parser() -> argparse.ArgumentParser:
    """The command line: the flags of train.py and export.py."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_flags(command)
    add_training_flags(command)
    group = command.add_argument_group("export")
    group.add_argument("--output-name-prefix", help="how the file's name begins (default: the run's name)")
    group.add_argument("--prefill-seq-len", default="256", help="tokens read at a time (default %(default)s)")
    group.add_argument(
        "--kv-cache-max-len", type=int, default=1024, help="tokens of prompt and answer together (default %(default)s)"
    )
    group.add_argument(
        "--quantize", default="dynamic_int8", metavar="RECIPE", help=f"{', '.join(FRIENDLY)} (default %(default)s)"
    )
    return command


def main(argv: list[str] | None = None) -> int:
    """Run the three stages on what the flags describe; 1 where the exported file failed its checks. InputError."""
    arguments = parser().parse_args(argv)
    config = config_from(arguments)
    resume = arguments.resume
    with workspace(config, arguments.dataset, arguments.tools, arguments.output_repo, resume=resume) as place:
        _train(place, arguments.kv_cache_max_len, resume=resume)
        _evaluate(place)
        return _export(place, arguments)


def _train(place: Workspace, cache_length: int, *, resume: bool) -> None:
    with stage(place.run, "train"):
        from job_templates.ml.training import train

        train(place.run, cache_length, resume=resume)
    place.save()


def _evaluate(place: Workspace) -> None:
    from job_templates.ml.evaluating import evaluate, save
    from job_templates.ml.litert.source import find_source
    from job_templates.ml.scored_rows import scored_rows

    with stage(place.run, "evaluate"):
        scored = scored_rows(place.run, None, None, "test")
        report = evaluate(find_source(str(place.run.path)), scored, baseline=True, probes=False)
        save(report, place.run.evaluation_path, place.run, scored.tools)
    place.save()


def _export(place: Workspace, arguments: argparse.Namespace) -> int:
    folder = str(place.run.path)
    flags = ["--model", folder, "--output-repo", folder, "--prefill-seq-len", arguments.prefill_seq_len]
    flags += ["--kv-cache-max-len", str(arguments.kv_cache_max_len), "--quantize", arguments.quantize]
    if arguments.output_name_prefix:
        flags += ["--output-name-prefix", arguments.output_name_prefix]
    code = export.main(flags)
    place.save()
    return code


if __name__ == "__main__":
    cli.run(main)
