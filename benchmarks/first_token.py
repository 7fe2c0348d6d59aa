"""How soon exported files begin to answer, and what the time goes to.

Each file is opened in a process of its own and reads the same questions behind full declarations, names alone, and
nothing: what it answers does not matter here, only when. Prints for each file the seconds for opening it and for its
first answer, which also unpacks the weights, and its memory; for each choice of declarations the prompt's tokens, the
median time to the first token, the decode rate, and what an answer takes beside both (a new session, the tokenizer).
Each figure is also given as a multiple of the first file's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from backend.prompts import get_format
from backend.records import DECLARATIONS
from job_templates.cli import quiet
from job_templates.ml.litert.runtime.phone_model import PhoneModel, RawAnswer
from job_templates.ml.litert.verify.trained import load_trained
from job_templates.ml.models.source import find_source
from job_templates.worker_process import peak_memory_mb

Prompts = Mapping[str, Sequence[str]]


def main() -> None:
    """Print the lines of each file, and all of it as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the run that the files were made of")
    parser.add_argument("--file", type=Path, action="append", help="a file; repeat it (default: the run's)")
    parser.add_argument("--rows", type=int, default=8, help="held-out questions to ask (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="openings of each file in turn (default: %(default)s)")
    options = parser.parse_args()
    quiet()
    run = find_source(options.model).run
    if run is None:
        raise SystemExit(f"error: {options.model} is no run.")
    files = options.file or list(run.export_dir.glob("*.litertlm"))
    if not files:
        raise SystemExit(f"error: {options.model} has no exported file. Export it first.")
    trained = load_trained(run)
    messages = [row.message for row in trained.held_out[: options.rows]]
    prompts: dict[str, list[str]] = {
        name: [get_format(trained.fmt.name, name).prompt(trained.tools, one).removeprefix("<bos>") for one in messages]
        for name in sorted(DECLARATIONS, key=lambda name: name != trained.fmt.declarations)
    }
    rounds: list[list[dict[str, float]]] = [[] for _ in files]
    for _ in range(options.rounds):
        for file, found in zip(files, rounds, strict=True):
            found.append(_in_own_process(file, prompts))
    results = [{name: median(one[name] for one in found) for name in found[0]} for found in rounds]
    for file, result in zip(files, results, strict=True):
        print(f"{file.name}, {file.stat().st_size / 1e6:.1f} MB")
        for name, value in result.items():
            share = f"{value / results[0][name]:>6.2f}" if results[0].get(name) else ""
            print(f"  {name:<32} {value:>10.3f} {share}")
    print(json.dumps({str(file): result for file, result in zip(files, results, strict=True)}))


def _in_own_process(file: Path, prompts: Prompts) -> dict[str, float]:
    """The figures of a file, measured in a new process, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (file, prompts))


def measured(file: Path, prompts: Prompts) -> dict[str, float]:
    """Returns the figures of one opening of a file: seconds, tokens in a second, and megabytes."""
    before = peak_memory_mb()
    with tempfile.TemporaryDirectory() as cache, PhoneModel(file, [], Path(cache)) as model:
        found = {
            "load, s": model.load_seconds,
            "first answer, s": model.answer(next(iter(prompts.values()))[0]).seconds,
        }
        for name, texts in prompts.items():
            tokens = [len(model.encode(text)) for text in texts]
            if max(tokens) + 1 < model.context:
                found |= {f"{name}: {about}": value for about, value in _times(model, texts, tokens).items()}
    return {**found, "memory, MB": peak_memory_mb() - before}


def _times(model: PhoneModel, texts: Sequence[str], tokens: Sequence[int]) -> dict[str, float]:
    answers = [model.answer(text) for text in texts]
    return {
        "prompt tokens": median(tokens),
        "first token, s": median(one.first_token_seconds for one in answers),
        "decode, tokens/s": median(one.tokens_per_second for one in answers),
        "the rest of an answer, s": median(map(_rest, answers)),
    }


def _rest(answer: RawAnswer) -> float:
    """The seconds of an answer that neither the first token nor the decoding took."""
    decoding = (answer.tokens - 1) / answer.tokens_per_second if answer.tokens_per_second else 0.0
    return max(0.0, answer.seconds - answer.first_token_seconds - decoding)


if __name__ == "__main__":
    main()
