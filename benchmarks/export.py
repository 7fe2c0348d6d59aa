"""What each way to quantize costs and keeps: size, time, memory and accuracy of the same checkpoint's files.

The checkpoint is converted once for each vocabulary, in float32, and once more for recipes in blocks, whose weights are
rounded before. Then it is quantized by each recipe, packed, and run on the run's held-out rows as an export is. A
recipe that the libraries or the runtime refuse is printed with the reason. Each vocabulary is held against the first
one by the ratios of its files. The last line is one JSON object for each file.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from backend.device.canonical import ANDROID_TOOLS, write_android_tools
from backend.device.lengths import fitting_prefill, read_cache, read_prefill, smallest_cache
from backend.device.recipes import RECIPES, Recipe
from backend.errors import InputError
from backend.vocabulary import read_vocabulary
from job_templates.cli import quiet
from job_templates.ml.export.vocabulary import Vocabulary, choose_vocabulary
from job_templates.ml.litert.bundle.bundle import build_metadata, write_bundle
from job_templates.ml.litert.convert.conversion import Converted, convert, quantize
from job_templates.ml.litert.convert.recipes import find_recipe, library_recipes
from job_templates.ml.litert.verify.agreement import CheckpointRow, checkpoint_answers
from job_templates.ml.litert.verify.structure import Expected
from job_templates.ml.litert.verify.trained import Trained, load_trained
from job_templates.ml.litert.verify.verification import Subject, verify
from job_templates.ml.models.source import ModelSource, find_source

HEAD = (
    f"{'recipe':<28} {'MB':>7} {'quantize':>9} {'memory':>9} {'load':>7} {'first token':>11} {'decode':>11} "
    f"{'run memory':>10} {'right':>9} {'as checkpoint':>13}  verdict"
)


def main() -> None:
    """Print a line for each recipe."""
    options = parser().parse_args()
    quiet()
    source = find_source(options.model)
    if source.run is None:
        raise SystemExit(f"error: {options.model} is no run, so there are no held-out rows to score a file on.")
    trained = load_trained(source.run)
    trained = replace(trained, held_out=trained.held_out[: options.rows])
    cache = read_cache(options.kv_cache_max_len) or smallest_cache(trained.longest())
    lengths = fitting_prefill(read_prefill(options.prefill_seq_len) if options.prefill_seq_len else None, cache)
    names = [*RECIPES, *library_recipes()] if options.recipes == "all" else options.recipes.split(",")
    recipes = [find_recipe(name) for name in names]
    answers = checkpoint_answers(source, trained) or {}
    right = sum(answers[row.id].right for row in trained.held_out)
    print(f"The checkpoint gets {right} of {len(trained.held_out)} rows right. Cache {cache}, prefill {lengths}.")
    template, found = trained.fmt.chat_template(trained.tools), []
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        write_android_tools(trained.tools, Path(folder) / ANDROID_TOOLS)
        for name in options.vocabularies.split("/"):
            words = choose_vocabulary(
                read_vocabulary(name), source, trained, template, Path(folder) / name.replace(",", "-")
            )
            print(f"Vocabulary {name}:")
            expected = Expected(trained.fmt.name, template, words.tokenizer_model.read_bytes(), cache)
            own, results = words.trained or trained, []
            for rounding in {recipe.block: recipe for recipe in reversed(recipes)}.values():
                model, cost = converted(options, source, words, lengths, cache, name, Path(folder), rounding)
                print(HEAD)
                bench = Bench(
                    model, Path(folder), words.tokenizer_model, own, expected, answers, {"vocabulary": name, **cost}
                )
                results += [bench.measure(recipe) for recipe in recipes if recipe.block == rounding.block]
                Path(folder, model.tflite.name).unlink(missing_ok=True)
            found.append(results)
    for other in found[1:]:
        for first, one in zip(found[0], other, strict=True):
            print(_against(first, one))
    print(json.dumps([one for results in found for one in results]))


def converted(
    options: argparse.Namespace,
    source: ModelSource,
    vocabulary: Vocabulary,
    lengths: tuple[int, ...],
    cache: int,
    name: str,
    folder: Path,
    recipe: Recipe,
) -> tuple[Converted, dict[str, float]]:
    """The model in float32, and what its conversion cost: made now, or by an earlier call that kept it, at no cost."""
    kept = None
    if options.keep:
        parts = (
            "plain" if options.plain else f"rounded{recipe.block}" if recipe.block else "smoothed",
            name.replace(",", "-"),
            cache,
            *lengths,
        )
        kept = options.keep / f"{'-'.join(map(str, parts))}.tflite"
        if kept.is_file():
            print(f"Converted before: {kept.name}")
            return Converted(kept, 0.0), {}
    started, cpu = time.monotonic(), _cpu_of_children()
    calibration = [] if options.plain or vocabulary.trained is None else vocabulary.trained.calibration()
    model = convert(source, folder, lengths, cache, lambda *_: None, calibration, vocabulary.kept, recipe)
    seconds, cpu = time.monotonic() - started, _cpu_of_children() - cpu
    print(
        f"Converted in {seconds:.0f} s ({cpu:.0f} s of CPU) with {model.peak_memory_mb:,.0f} MB of memory.", flush=True
    )
    cost = {"conversion_seconds": seconds, "conversion_cpu_seconds": cpu, "conversion_peak_mb": model.peak_memory_mb}
    if kept is None:
        return model, cost
    options.keep.mkdir(parents=True, exist_ok=True)
    return Converted(Path(shutil.move(model.tflite, kept)), model.peak_memory_mb), cost


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--model", required=True, help="a run, or its checkpoint")
    command.add_argument("--recipes", default=",".join(RECIPES), help="names, or all (default: %(default)s)")
    command.add_argument(
        "--vocabularies", default="auto", metavar="A/B", help="as export.py has them, such as full/auto (default: auto)"
    )
    command.add_argument("--rows", type=int, default=500, help="held-out rows to ask at most (default: %(default)s)")
    command.add_argument("--kv-cache-max-len", default="auto", help="as export.py has it (default: %(default)s)")
    command.add_argument("--prefill-seq-len", help="as export.py has it")
    command.add_argument("--plain", action="store_true", help="leave the smoothing and the rounding out")
    command.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the converted model there, and use it at the next call"
    )
    command.add_argument("--scratch", type=Path, help="a folder with room for the float32 model twice")
    return command


@dataclass(frozen=True, slots=True)
class Bench:
    """The model to quantize, and what its files are held against."""

    model: Converted
    folder: Path
    tokenizer_model: Path
    trained: Trained
    expected: Expected
    answers: dict[str, CheckpointRow]
    about: dict[str, Any]

    def measure(self, recipe: Recipe) -> dict[str, Any]:
        """Make one file, run it, print its line and remove it."""
        file, started = self.folder / f"{recipe.suffix}.litertlm", time.monotonic()
        try:
            made = quantize(Converted(self.model.tflite, 0.0), self.folder, recipe, lambda *_: None)
        except InputError as error:
            print(f"{recipe.name:<28} could not be made: {error}", flush=True)
            return {**self.about, "recipe": recipe.name, "verdict": "could not be made", "reason": str(error)}
        seconds = time.monotonic() - started
        expected = self.expected
        metadata = build_metadata(expected.prompt_format, expected.template, expected.context)
        write_bundle(file, made.tflite, self.tokenizer_model, metadata)
        record = verify(Subject(file, expected, self.trained, lambda: self.answers), lambda *_: None).to_dict()
        for path in {file, made.tflite} - {self.model.tflite}:
            path.unlink()
        result = {
            **self.about,
            "recipe": recipe.name,
            "megabytes": record["bytes"] / 1e6,
            "quantize_seconds": seconds,
            "quantize_peak_mb": made.peak_memory_mb,
            **{name: record[name] for name in MEASURED},
            "combined": (record["accuracy"] or {}).get("combined"),
            "tool": (record["accuracy"] or {}).get("tool"),
        }
        print(_line(result), flush=True)
        return result


MEASURED = (
    "verdict", "reason", "load_seconds", "first_token_seconds", "decode_tokens_per_second", "peak_memory_mb",
    "checkpoint_agreement",
)  # fmt: skip


def _cpu_of_children() -> float:
    """The CPU seconds of the processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


COMPARED = (
    "megabytes", "conversion_seconds", "conversion_cpu_seconds", "conversion_peak_mb", "load_seconds",
    "first_token_seconds", "decode_tokens_per_second", "peak_memory_mb",
)  # fmt: skip


def _against(first: dict[str, Any], other: dict[str, Any]) -> str:
    """Returns one file's figures as multiples of those of the file with the first vocabulary."""
    both = [(name, first.get(name), other.get(name)) for name in COMPARED]
    ratios = ", ".join(f"{name} {there / here:.2f}" for name, here, there in both if here and there)
    return f"{other['recipe']}, {other['vocabulary']} against {first['vocabulary']}: {ratios}"


def _line(result: dict[str, Any]) -> str:
    """Returns one recipe's figures under HEAD, or the reason if it did not pass."""
    line = (
        f"{result['recipe']:<28} {result['megabytes']:>7.1f} {result['quantize_seconds']:>7.0f} s "
        f"{result['quantize_peak_mb']:>6.0f} MB"
    )
    combined, agreement = result["combined"], result["checkpoint_agreement"]
    if combined and agreement:
        line += (
            f" {result['load_seconds']:>5.1f} s {result['first_token_seconds']:>9.3f} s "
            f"{result['decode_tokens_per_second']:>5.0f} tok/s {result['peak_memory_mb']:>7.0f} MB "
            f"{combined['k']:>4}/{combined['n']:<4} {agreement['same']:>8}/{agreement['rows']:<4}"
        )
    passed = result["verdict"] == "passed"
    return f"{line}  {result['verdict']}{'' if passed else ': ' + result['reason'][:160]}"


if __name__ == "__main__":
    main()
