"""How fast held-out rows are answered: evaluate.py's way, against `generate` row by row and in left-padded batches.

The slow ways answer a sample of the rows, spread evenly over them; their rows a second stand for all. All ways have the
same weights, precision, threads, stop tokens and longest answer, and answer greedily; loading is not counted. Verifying
pays where a model is right, so the accuracy of the model is printed with the figures. On a CPU the ratios are of CPU
seconds, which other work on the machine changes least; on a GPU of seconds. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from job_templates import cli

cli.quiet()

import torch

from backend.prompts import PAD_ID, STOP_IDS
from backend.scoring import score_rows
from job_templates.ml.evaluation.decode import SharedDecoder
from job_templates.ml.evaluation.evaluate import SPARE_TOKENS
from job_templates.ml.models.loading import load_tuned
from job_templates.ml.models.source import find_source
from job_templates.ml.rows.encoding import TokenRow, encode_rows, shared_prefix
from job_templates.ml.run.scored_rows import scored_rows

Answers = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Timed:
    """One way's answers, and what they took: wall and CPU seconds."""

    answers: Answers
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Rows a second; of CPU time if no GPU does the work."""
        return len(self.answers) / (self.seconds if torch.cuda.is_available() else self.cpu_seconds)


def main() -> None:
    """Answer the rows in each way, hold the answers against each other, and print the rates."""
    arguments = parser().parse_args()
    source = find_source(arguments.model)
    scored = scored_rows(source.run, arguments.dataset, arguments.tools, "test")
    loaded = load_tuned(source, scored.tools)
    rows = encode_rows(scored.rows, scored.tools, loaded.fmt, loaded.tokenizer)
    most_new = max(len(row.completion) for row in rows) + SPARE_TOKENS
    prefix = rows[0].prompt[: shared_prefix(rows)]
    longest = max(len(row.prompt) for row in rows)
    device = next(loaded.model.parameters())
    cli.say(f"{len(rows)} rows, prompts of up to {longest} tokens, the first {len(prefix)} the same in all of them")
    cli.say(
        f"{device.device.type}, {device.dtype}, {torch.get_num_threads()} threads; answers of up to {most_new} tokens"
    )
    warm_up(loaded.model)

    ours = timed(lambda: [found.tokens for found in SharedDecoder(loaded.model, prefix).answers(rows, most_new)])
    texts = [loaded.tokenizer.decode(answer, skip_special_tokens=False) for answer in ours.answers]
    report = score_rows(scored.rows, texts, scored.tools, loaded.fmt)
    accuracy = f"{report.combined.k} of {report.n} rows right"
    say_rate("evaluate.py's way, all rows", ours, accuracy)

    some = spread(range(len(rows)), arguments.row_by_row_rows)
    single = timed(lambda: [answer for at in some for answer in generate(loaded.model, [rows[at]], most_new)])
    say_rate(f"row by row, {len(some)} of the rows", single, same(single, ours, some))

    groups = spread(range(0, len(rows), arguments.batch), arguments.padded_batches)
    batches = [list(range(start, min(start + arguments.batch, len(rows)))) for start in groups]
    padded = timed(
        lambda: [answer for batch in batches for answer in generate(loaded.model, [rows[at] for at in batch], most_new)]
    )
    there = [at for batch in batches for at in batch]
    say_rate(f"padded batches of {arguments.batch}, {len(there)} of the rows", padded, same(padded, ours, there))

    ratios = {"speedup_vs_row_by_row": single, "speedup_vs_padded_batches": padded}
    print(json.dumps({name: round(ours.rate / slow.rate, 1) for name, slow in ratios.items()}))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--model", required=True, help="a run, a checkpoint, or a Hub repository with one")
    command.add_argument("--dataset", help="a CSV (default: the run's own held-out rows)")
    command.add_argument("--tools", help="the tools.json (default: the run's own)")
    command.add_argument("--batch", type=int, default=8, help="rows in a padded batch (default %(default)s)")
    command.add_argument(
        "--row-by-row-rows", type=int, default=16, help="rows answered one by one (default %(default)s)"
    )
    command.add_argument("--padded-batches", type=int, default=3, help="padded batches answered (default %(default)s)")
    return command


@torch.inference_mode()
def generate(model: Any, rows: Sequence[TokenRow], most_new: int) -> Answers:
    """The rows' answers as a script gets them from `generate`: one row, or several padded on the left."""
    longest = max(len(row.prompt) for row in rows)
    ids = torch.full((len(rows), longest), PAD_ID)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for at, row in enumerate(rows):
        ids[at, longest - len(row.prompt) :] = torch.tensor(row.prompt)
        mask[at, longest - len(row.prompt) :] = 1
    out = model.generate(
        ids.to(model.device),
        attention_mask=mask.to(model.device),
        max_new_tokens=most_new,
        do_sample=False,
        eos_token_id=list(STOP_IDS),
        pad_token_id=PAD_ID,
    )
    return [until_stop(answer) for answer in out[:, longest:].tolist()]


def until_stop(answer: Sequence[int]) -> tuple[int, ...]:
    """The answer without the padding behind its stop token."""
    end = next((at for at, token in enumerate(answer, start=1) if token in STOP_IDS), len(answer))
    return tuple(answer[:end])


def timed(work: Callable[[], Answers]) -> Timed:
    """What the work answers, and how long it takes."""
    start, cpu = time.perf_counter(), time.process_time()
    answers = work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return Timed(answers, time.perf_counter() - start, time.process_time() - cpu)


def warm_up(model: Any) -> None:
    """Let what is set up at a first use be set up before anything is timed."""
    generate(model, [TokenRow((2, 3, 4), ())], 2)


def spread(places: range, most: int) -> list[int]:
    """At most so many of the places, evenly spread."""
    number = min(most, len(places))
    return [places[at * len(places) // number] for at in range(number)]


def same(slow: Timed, ours: Timed, places: Sequence[int]) -> str:
    """On how many rows both ways give the same answer, token for token."""
    equal = sum(answer == ours.answers[at] for answer, at in zip(slow.answers, places, strict=True))
    return f"{equal} of {len(places)} answers the same"


def say_rate(name: str, way: Timed, note: str) -> None:
    """A way's rate in a line."""
    wall, cpu = (len(way.answers) / seconds for seconds in (way.seconds, way.cpu_seconds))
    cli.say(f"{name:36} {wall:7.3f} rows/s  {cpu:7.3f} rows/CPU s  {way.seconds:6.1f} s  {note}")


if __name__ == "__main__":
    cli.run(main)
