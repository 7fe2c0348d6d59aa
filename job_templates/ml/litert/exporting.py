"""The export from end to end: find, convert, pack, verify, and put the result where it belongs."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.device.canonical import ANDROID_TOOLS, write_android_tools
from backend.errors import InputError
from backend.runs import write_json
from backend.runs.files import disk_errors
from job_templates.cli import say
from job_templates.ml.litert import agreement
from job_templates.ml.litert.bundle import write_bundle
from job_templates.ml.litert.checks import Result
from job_templates.ml.litert.conversion import convert
from job_templates.ml.litert.destination import Destination, find_destination
from job_templates.ml.litert.metadata import build_metadata
from job_templates.ml.litert.progress import Progress
from job_templates.ml.litert.recipes import Recipe, find_recipe
from job_templates.ml.litert.source import Source, find_source
from job_templates.ml.litert.structure import Expected
from job_templates.ml.litert.trained import Trained, load_trained, prompt_of_checkpoint
from job_templates.ml.litert.verification import Subject, verify

VERIFICATION = "verification.json"
LEAST_CACHE, MOST_CACHE = 32, 32_768
PREFIX = re.compile(r"[\w][\w.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for, checked as far as it can be without the model."""

    model: str
    output: str | None
    prefix: str | None
    prefill_lengths: tuple[int, ...]
    cache_length: int
    recipe: Recipe

    @classmethod
    def parse(
        cls, model: str, output: str | None, prefix: str | None, prefill: str, cache_length: int, recipe: str
    ) -> Request:
        """The checked request; InputError says what each value may be."""
        if prefix is not None and not PREFIX.fullmatch(prefix):
            raise InputError(
                f"--output-name-prefix {prefix!r}: use up to 100 letters, digits, '.', '-' and '_', not beginning with "
                "a dot or a dash."
            )
        if not LEAST_CACHE <= cache_length <= MOST_CACHE:
            raise InputError(
                f"--kv-cache-max-len {cache_length}: give a number of tokens from {LEAST_CACHE} to {MOST_CACHE:,}."
            )
        return cls(model, output, prefix, _prefill_lengths(prefill, cache_length), cache_length, find_recipe(recipe))


def _prefill_lengths(text: str, cache_length: int) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f"--prefill-seq-len {text!r}: give a number of tokens, or several such as 32,256.")
    lengths = tuple(sorted({int(part) for part in parts}))
    if lengths[-1] > cache_length:
        raise InputError(
            f"--prefill-seq-len {lengths[-1]} is more than the {cache_length} tokens of --kv-cache-max-len. "
            f"Give at most {cache_length}."
        )
    return lengths


def export(request: Request) -> Result:
    """Carry out a request and return the verdict on the file; InputError where there is nothing to export."""
    source = find_source(request.model)
    with find_destination(request.output, source) as destination:
        own = source.run if source.repo_id is None else None  # a run of the Hub lies in a cache, which is not ours
        progress = Progress(own.metrics_path if own is not None else None)
        name = f"{request.prefix or source.name}_{request.recipe.suffix}_ekv{request.cache_length}.litertlm"
        say(f"Exporting {source.name} as {name}.")
        progress.stage("started", name)
        try:
            record = _export(request, source, destination, destination.folder / name, progress)
        except BaseException as error:  # also a signal's exit: the page must not show a stage that runs for ever
            progress.stage("failed", str(error) or f"Stopped ({type(error).__name__}).")
            raise
    return _conclude(record, progress)


def _export(
    request: Request, source: Source, destination: Destination, file: Path, progress: Progress
) -> dict[str, Any]:
    trained = load_trained(source.run) if source.run is not None else None
    if trained is not None:
        trained.check_fits(request.cache_length)
    expected = _expected(request, source, trained)
    with disk_errors(destination.folder, "write into"):
        scratch = tempfile.TemporaryDirectory(prefix=".export-", dir=destination.folder)
    with scratch as work:
        converted = convert(
            source, Path(work), request.prefill_lengths, request.cache_length, request.recipe, progress.step
        )
        progress.step("package", 0, 1)
        (destination.folder / VERIFICATION).unlink(missing_ok=True)  # it speaks of an older file
        metadata = build_metadata(expected.prompt_format, expected.template, request.cache_length)
        write_bundle(file, converted.tflite, source.tokenizer_model, metadata)
    write_android_tools(trained.tools if trained is not None else (), destination.folder / ANDROID_TOOLS)
    progress.step("package", 1, 1)
    say(f"  {file.name}: {file.stat().st_size / 1e6:.1f} MB; the conversion took {converted.peak_memory_mb:.0f} MB.")
    record = verify(
        Subject(file, expected, trained, lambda: agreement.checkpoint_answers(source, trained)),
        lambda done, total: progress.step("verify", done, total),
    )
    write_json(destination.folder / VERIFICATION, record)
    destination.publish()
    return record


def _expected(request: Request, source: Source, trained: Trained | None) -> Expected:
    """What the file should hold: the run's prompt, or the template that the checkpoint brings itself."""
    if trained is not None:
        prompt_format, template = trained.fmt.name, trained.fmt.chat_template(trained.tools)
    else:
        prompt_format, template = prompt_of_checkpoint(source)
    return Expected(prompt_format, template, source.tokenizer_model, request.cache_length)


def _conclude(record: dict[str, Any], progress: Progress) -> Result:
    """Print what was found, check by check, and tell the page."""
    for check in record["checks"]:
        say(f"  {check['result']:>15}  {check['name']}: {check['detail']}")
    verdict = Result(record["verdict"])
    message = f"{record['file']}: verification {verdict.value}. {record['reason']}"
    say(message)
    progress.stage("failed" if verdict == Result.FAILED else "done", message)
    return verdict
