"""What a process that measures does: reads tasks, answers them, and says which machine it is on."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backend.errors import InputError
from benchmarks.gpu_parts.records import NO_GPU, to_json
from benchmarks.gpu_parts.workers import END, own_output
from job_templates import cli

REFERENCE = "reference"
"""The task of computing the losses that a CPU finds."""
SMALL_SHARE = 0.3
"""How much of a precision's time goes to the starter; the 270M takes the rest."""


def work(arguments: argparse.Namespace) -> int:
    """Read tasks and answer them, a JSON object a line, until standard input ends."""
    answers = own_output()

    def send(**line: Any) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    cli.quiet()
    from benchmarks.gpu_parts.subjects import subjects

    with tempfile.TemporaryDirectory() as folder:
        models = subjects(arguments.device, arguments.quick, Path(folder))
        import benchmarks.gpu_parts.measuring  # noqa: F401 - loaded before the time of a task begins

        send(ready=True)
        for text in sys.stdin:
            for line in answered(json.loads(text), models, arguments.device):
                send(**line)
            send(**{END: True})
    return 0


def answered(task: dict[str, Any], models: Sequence[Any], device: Any) -> Iterator[dict[str, Any]]:
    """The answers to one task."""
    from benchmarks.gpu_parts.measuring import Measuring, reference_losses
    from job_templates.ml.models.device import precision_on

    until = time.monotonic() + task["seconds"]
    shares = (time.monotonic() + SMALL_SHARE * task["seconds"], until)
    if task["precision"] == REFERENCE:
        for model, share in zip(models, shares, strict=True):
            yield {"losses": {model.name: reference_losses(model, precision_on("cpu", "float32"), share)}}
        return
    yield {"machine": machine_of(device)}
    try:
        precision = precision_on(device, task["precision"])
    except InputError as error:
        yield {"why": NO_GPU if device == "cpu" else str(error).partition(". ")[0]}
        return
    for model, share in zip(models, shares, strict=True):
        measuring = Measuring(model, precision, task["precision"], task["losses"].get(model.name, []))
        for finding in measuring.findings(share):
            yield {"finding": to_json([finding])[0]}


def machine_of(device: str) -> dict[str, Any]:
    """The card, its driver, and the versions that were measured."""
    import torch
    import transformers
    import trl

    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__}
    if device == "cpu":
        return {"device": "cpu", "threads": torch.get_num_threads(), **versions}
    card = torch.cuda.get_device_properties(0)
    return {
        "card": f"{card.name} ({card.total_memory / 2**30:.0f} GiB, compute capability {card.major}.{card.minor})",
        "driver": driver(),
        "CUDA": torch.version.cuda,
        **versions,
    }


def driver() -> str:
    """The driver's version, as nvidia-smi has it."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown (nvidia-smi did not say)"
    return done.stdout.partition("\n")[0].strip()
