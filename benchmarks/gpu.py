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
"""Whether training and evaluation are right and fast on this machine's GPU: at most four minutes, no weights needed.

The starter and a random model of Gemma 3 270M's shape are trained and evaluated by the trainer's own code, in float16
autocast (what a T4 does, here on any card), bfloat16 and float32: losses against the CPU's, the gradient of
prefix-shared rows against that of plain ones, seconds and memory of a step compared with TRL's plain trainer, what
makes a step wait for the GPU, and evaluate.py's answers compared with those row by row. Every precision runs in a
process of its own.

Prints a Markdown table. Exits with 1 if a check failed or there is no GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from backend.errors import InputError
from benchmarks.gpu_parts.records import COLUMNS, MODELS, NO_TIME, Finding, missing, notes, table, to_json
from benchmarks.gpu_parts.tasks import REFERENCE, work
from benchmarks.gpu_parts.workers import Worker
from job_templates import cli

SECONDS, QUICK_SECONDS = 230.0, 120.0
CLOSING = 5.0
"""Seconds kept for ending the processes and printing."""
STARTING = 90.0
"""Seconds in which a process has to load its libraries."""
REFERENCE_SHARE = 0.25


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--quick", action="store_true", help=f"fewer steps and rows, in {QUICK_SECONDS:g} seconds")
    command.add_argument("--json", type=Path, metavar="FILE", help="also write what was found to this file")
    command.add_argument(
        "--device", choices=tuple(MODELS), default="cuda", help="cpu tests the script itself, with very small models"
    )
    command.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return command


def main() -> int:
    """Measures, prints and saves. Returns 1 if a check failed. Raises InputError if there is no GPU."""
    arguments = parser().parse_args()
    if arguments.worker:
        return work(arguments)
    began = time.monotonic()
    until = began + (QUICK_SECONDS if arguments.quick else SECONDS) - CLOSING
    gpu = first_gpu() if arguments.device == "cuda" else ""
    machine: dict[str, Any] = {}
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as logs, started(arguments, gpu, Path(logs)) as workers:
        losses = reference(workers[REFERENCE], until)
        for number, precision in enumerate(COLUMNS):
            share = time.monotonic() + (until - time.monotonic()) / (len(COLUMNS) - number)
            print(f"{COLUMNS[precision]} ...", file=sys.stderr)
            findings += measured(workers, precision, losses, share, arguments.device, machine)
            if arguments.device == "cuda":
                workers[precision].stop()  # nothing of it stays on the GPU while the next one is measured
    seconds = time.monotonic() - began
    report(findings, machine, seconds, arguments.json)
    return 1 if any(found.verdict == "failed" for found in findings) else 0


def first_gpu() -> str:
    """The GPU that is measured, as CUDA_VISIBLE_DEVICES names it. Raises InputError if there is none."""
    import torch

    if not torch.cuda.is_available():
        made = f"is made for CUDA {torch.version.cuda} and finds no GPU" if torch.version.cuda else "is made for CPUs"
        raise InputError(
            f"PyTorch {torch.__version__} {made}: run this on a machine with an NVIDIA GPU, a driver for it and a "
            "PyTorch for CUDA, or give --device cpu to test the script itself."
        )
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]


@contextmanager
def started(arguments: argparse.Namespace, gpu: str, logs: Path) -> Iterator[dict[str, Worker]]:
    """A process for the reference and for each precision, all loading at once; on a CPU one for all."""
    flags = ["--device", arguments.device, *(["--quick"] if arguments.quick else [])]
    command = [sys.executable, __file__, "--worker", *flags]
    if arguments.device == "cpu":
        shared = Worker(command, logs / "worker.log", gpu)
        workers = dict.fromkeys((REFERENCE, *COLUMNS), shared)
    else:
        workers = {name: Worker(command, logs / f"{name}.log", gpu) for name in COLUMNS}
        workers[REFERENCE] = Worker(command, logs / "reference.log", "")
    try:
        ready_by = time.monotonic() + STARTING
        for worker in set(workers.values()):
            worker.ready(ready_by)
        yield workers
    finally:
        for worker in set(workers.values()):
            worker.stop()


def reference(worker: Worker, until: float) -> dict[str, list[float]]:
    """The CPU's losses of each model, as far as there is time."""
    now = time.monotonic()
    losses: dict[str, list[float]] = {}
    print("The CPU's losses in float32 ...", file=sys.stderr)
    for line in worker.ask({"precision": REFERENCE}, now + REFERENCE_SHARE * (until - now)):
        losses |= line.get("losses", {})
    if not worker.alive:
        print(f"The CPU's losses: the process ended. It said last:\n{worker.last_words()}", file=sys.stderr)
    return losses


def measured(
    workers: dict[str, Worker],
    precision: str,
    losses: dict[str, list[float]],
    until: float,
    device: str,
    machine: dict[str, Any],
) -> list[Finding]:
    """What is found in one precision; each cell that is missing says why."""
    worker, found = workers[precision], []
    why = NO_TIME
    for line in worker.ask({"precision": precision, "losses": losses}, until):
        machine |= line.get("machine", {})
        why = line.get("why", why)
        if "finding" in line:
            found.append(Finding(**{**line["finding"], "notes": tuple(line["finding"]["notes"])}))
    if not worker.alive and time.monotonic() < until:
        why = "the process ended by itself"
        print(f"{precision}: {why}. It said last:\n{worker.last_words()}", file=sys.stderr)
    return found + missing(found, MODELS[device], precision, why)


def report(findings: Sequence[Finding], machine: dict[str, Any], seconds: float, output: Path | None) -> None:
    """Print the machine, the table and what is to be said of it; write the same as JSON."""
    cut = [f"{found.model}, {COLUMNS[found.precision]}: {found.what}" for found in findings if found.text == NO_TIME]
    failed = [found for found in findings if found.verdict == "failed"]
    cli.say(", ".join(f"{name} {value}" for name, value in machine.items()))
    cli.say()
    cli.say(table(findings))
    cli.say()
    for note in notes(findings):
        cli.say(f"- {note}")
    cli.say(f"{seconds:.0f} seconds. Cut: {'; '.join(cut) or 'nothing'}. Failed: {len(failed)}.")
    if output is not None:
        found = {"schema": 1, "machine": machine, "seconds": seconds, "cut": cut, "findings": to_json(findings)}
        output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
