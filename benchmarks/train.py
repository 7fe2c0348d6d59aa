"""How much faster, and in how much less memory, prefix-shared training is than TRL's plain SFTTrainer.

Three ways do the same optimiser steps on the same rows from the same weights, one process each in turn: ours; TRL
scoring only the labelled positions (what it does on CUDA; on a CPU its own compaction is switched on); TRL scoring
every position (what it does on a CPU, and what training on whole texts does). All use LoRA on every linear layer in
one precision, no activation checkpointing. The plain ways add up micro-batches to reach the batch, ours takes it at
once: --micro-batch says how many rows TRL may hold. On a CPU the ratios are of CPU seconds, which other work on the
machine changes least; on a GPU of seconds. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from job_templates import cli

cli.quiet()

import torch
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from backend.data import CheckOptions, load_dataset
from backend.prompts import get_format
from backend.runs import RunConfig
from backend.runs.choices import PRECISIONS
from job_templates.ml.models.base import pretrained_base, with_adapter
from job_templates.ml.models.device import Precision, choose_precision
from job_templates.ml.rows.encoding import TokenRow, encode_rows, shared_prefix
from job_templates.ml.shared_prefix.collator import FixedRows, PackCollator
from job_templates.ml.training.trainer import SharedPrefixTrainer

WAYS = ("shared", "completion_only", "full_sequence")
WORDS = {
    "shared": "ours, the prefix once a step",
    "completion_only": "TRL, labelled positions scored",
    "full_sequence": "TRL, every position scored",
}


def main() -> None:
    """Measure every way in a process of its own, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the folder of a Gemma 3 checkpoint")
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--declarations", default="full", choices=("full", "names", "none"))
    parser.add_argument("--batch-size", type=int, default=8, help="rows an optimiser step (default %(default)s)")
    parser.add_argument("--micro-batch", type=int, default=2, help="rows TRL holds at once (default %(default)s)")
    parser.add_argument("--steps", type=int, default=2, help="steps, of which the fastest counts (default %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often the ways take their turns; the fastest step of all counts"
    )
    parser.add_argument("--precision", default="auto", choices=PRECISIONS, help="of all ways (default %(default)s)")
    parser.add_argument("--results", type=Path, help="a file of measured ways: those in it are not measured again")
    parser.add_argument("--way", choices=WAYS, help="measure only this one")
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments)))
        return
    kept = json.loads(arguments.results.read_text()) if arguments.results and arguments.results.exists() else {}
    wanted = [way for way in WAYS if way not in kept and arguments.way in (None, way)]
    for way in wanted * arguments.rounds:
        found = run_apart(way)
        print(summary_line(way, found), flush=True)
        kept[way] = faster(kept.get(way, found), found)
        if arguments.results:
            arguments.results.write_text(json.dumps(kept, indent=1))
    if len(kept) == len(WAYS):
        for way in WAYS if len(wanted) * arguments.rounds != len(WAYS) else ():
            print(f"counted: {summary_line(way, kept[way])}")
        print(f"{kept['shared']['arithmetic']:.0%} of what this machine's matrix products alone would need")
        print(json.dumps(ratios(kept)))


def summary_line(way: str, result: dict[str, float]) -> str:
    """One way's figures on a line."""
    return (
        f"{WORDS[way]:<32} {result['seconds']:>8.1f} s  {result['cpu_seconds']:>8.1f} CPU s a step  "
        f"{result['peak_gb']:>5.2f} GB  loss {result['loss']:.6f}"
    )


def faster(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """A way's figures over two rounds: those of the faster one, with the most memory of both."""
    least = min(one, other, key=lambda result: result[_clock()])
    return least | {"peak_gb": max(one["peak_gb"], other["peak_gb"])}


def _clock() -> str:
    return "seconds" if torch.cuda.is_available() else "cpu_seconds"


def ratios(kept: dict[str, dict[str, float]]) -> dict[str, float]:
    """How many times faster than either plain way, and the memory against the leaner of them."""
    key = _clock()
    ours, only, full = (kept[way] for way in WAYS)
    return {
        "speedup_vs_completion_only": round(only[key] / ours[key], 2),
        "speedup_vs_full_sequence": round(full[key] / ours[key], 2),
        "memory_ratio": round(ours["peak_gb"] / min(only["peak_gb"], full["peak_gb"]), 3),
    }


def run_apart(way: str) -> dict[str, float]:
    """Measure one way in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--measure", way]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


class Clock(TrainerCallback):
    """Notes how long each optimiser step takes."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.cpu_seconds: list[float] = []

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start."""
        self._begin = _now()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Stop."""
        took = [end - begin for end, begin in zip(_now(), self._begin, strict=True)]
        self.seconds.append(took[0])
        self.cpu_seconds.append(took[1])


def _now() -> tuple[float, float]:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter(), time.process_time()


def measure(arguments: argparse.Namespace) -> dict[str, float]:
    """Train the way's steps; seconds and CPU seconds of the fastest, the peak memory, and the first step's loss."""
    config = RunConfig.from_dict({"base_model": arguments.model, "declarations": arguments.declarations})
    options = CheckOptions(base_model=arguments.model, declarations=config.declarations)
    tools, examples = load_dataset(arguments.dataset, arguments.tools, options)
    with tempfile.TemporaryDirectory() as work:
        base = pretrained_base(arguments.model, Path(work))
        fmt = get_format(config.prompt_format, config.declarations)
        rows = encode_rows(examples[: arguments.batch_size * arguments.steps], tools, fmt, base.tokenizer)
        model = with_adapter(base.model, config)
        trainer = build(arguments, model, rows, base, work)
        trainer.remove_callback(PrinterCallback)
        clock = Clock()
        trainer.add_callback(clock)
        precision = choose_precision(arguments.precision)
        with precision.rounding():
            trainer.train()
    seconds = min(clock.seconds)
    return {
        "seconds": seconds,
        "cpu_seconds": min(clock.cpu_seconds),
        "peak_gb": peak_bytes() / 1e9,
        "loss": trainer.state.log_history[0]["loss"],
        "arithmetic": products(rows[: arguments.batch_size], model) / product_rate(precision) / min(clock.cpu_seconds),
    }


def build(arguments: argparse.Namespace, model: Any, rows: list[TokenRow], base: Any, work: str) -> Any:
    """The way's trainer, over the rows in their order."""
    precision = choose_precision(arguments.precision)
    at_once = arguments.batch_size if arguments.measure == "shared" else arguments.micro_batch
    settings = SFTConfig(
        output_dir=work, per_device_train_batch_size=at_once,
        gradient_accumulation_steps=-(-arguments.batch_size // at_once), num_train_epochs=1, learning_rate=2e-4,
        lr_scheduler_type="constant", train_sampling_strategy="sequential", logging_steps=1, save_strategy="no",
        report_to="none", disable_tqdm=True, bf16=precision.bf16, fp16=precision.fp16,
        use_cpu=precision.device == "cpu", activation_checkpointing=False, dataloader_pin_memory=False, max_length=None,
        completion_only_loss=True,
    )  # fmt: skip
    if arguments.measure == "shared":
        collator = PackCollator(FixedRows(rows), rows, base.model.config)
        return SharedPrefixTrainer(model, settings, collator, processing_class=base.tokenizer)
    if arguments.measure == "completion_only":
        import trl.trainer.utils

        trl.trainer.utils._use_triton = lambda _: True  # score labelled positions alone, as where Triton runs
    columns = {
        "input_ids": [[*row.prompt, *row.completion] for row in rows],
        "completion_mask": [[0] * len(row.prompt) + [1] * len(row.completion) for row in rows],
    }
    return SFTTrainer(model, settings, train_dataset=Dataset.from_dict(columns), processing_class=base.tokenizer)


def peak_bytes() -> float:
    """The most memory the process has held: of the GPU if there is one."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def products(rows: list[TokenRow], model: Any) -> float:
    """The floating-point operations of a step's matrix products if nothing is computed twice or for nothing.

    Forward and towards the inputs for frozen weights, towards the adapter's own weights as well, the pairs of tokens
    that see each other in attention, the output layer on the answers. Additions and products count one each.
    """
    config = model.config
    prefix = shared_prefix(rows)
    tokens = prefix + sum(len(row) - prefix for row in rows)
    answers = sum(len(row.completion) for row in rows)
    adapter = sum(part.numel() for part in model.parameters() if part.requires_grad)
    body = sum(part.numel() for part in model.get_base_model().model.layers.parameters()) - adapter
    pairs = prefix**2 / 2 + sum((len(row) - prefix) * (len(row) + prefix) / 2 for row in rows)
    attention = 12 * pairs * config.num_attention_heads * config.head_dim * config.num_hidden_layers
    return float(tokens * (4 * body + 6 * adapter) + attention + 4 * answers * config.vocab_size * config.hidden_size)


def product_rate(precision: Precision) -> float:
    """The floating-point operations a CPU second (a second on a GPU) of one large matrix product."""
    size = 8192 if precision.device == "cuda" else 1536
    dtype = torch.bfloat16 if precision.bf16 else torch.float16 if precision.fp16 else torch.float32
    left, right = torch.randn((2, size, size), device=precision.device).to(dtype)
    best = float("inf")
    for _ in range(5):
        begin = _now()
        left @ right
        took = [end - start for end, start in zip(_now(), begin, strict=True)]
        best = min(best, took[0] if torch.cuda.is_available() else took[1])
    return 2 * size**3 / best


if __name__ == "__main__":
    main()
