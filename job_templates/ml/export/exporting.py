"""The export: find the model, convert, pack, verify, and write the result to its destination."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path

from backend.device import (
    ANDROID_TOOLS,
    AUTO,
    AUTO_CACHES,
    DEFAULT_RECIPE,
    Conversion,
    Recipe,
    Result,
    Verification,
    fitting_prefill,
    model_card,
    read_cache,
    read_prefill,
    smallest_cache,
    write_android_tools,
)
from backend.errors import InputError
from backend.records import FormatName
from backend.runs import Scratch, write_json, write_text
from backend.vocabulary import read_vocabulary
from job_templates.cli import say
from job_templates.ml.export.destination import Destination, find_destination
from job_templates.ml.export.progress import Progress
from job_templates.ml.export.vocabulary import Vocabulary, choose_vocabulary
from job_templates.ml.litert.bundle import build_metadata, write_bundle
from job_templates.ml.litert.convert import convert, find_recipe, quantize
from job_templates.ml.litert.verify import (
    Expected,
    Subject,
    Trained,
    agreement,
    load_trained,
    prompt_of_checkpoint,
    unusual_rows,
    verify,
)
from job_templates.ml.models import ModelSource, find_source

VERIFICATION = "verification.json"
PREFIX = re.compile(r"[\w][\w.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """The export that the command line describes, checked as far as possible without the model.

    `prefill_lengths` None means the default lengths. `cache_length` None means the length that the rows need.
    `vocabulary` is what read_vocabulary returns.
    """

    model: str
    output: str | None
    prefix: str | None
    prefill_lengths: tuple[int, ...] | None
    cache_length: int | None
    recipe: Recipe
    vocabulary: str

    @classmethod
    def parse(
        cls,
        model: str,
        output: str | None = None,
        prefix: str | None = None,
        prefill: str | None = None,
        cache_length: str = AUTO,
        recipe: str = DEFAULT_RECIPE,
        vocabulary: str = AUTO,
    ) -> Request:
        """Returns the checked request; the values and defaults are those of the flags of export.py.

        Raises InputError, with the allowed values, if a value is not allowed.
        """
        if prefix is not None and not PREFIX.fullmatch(prefix):
            raise InputError(
                f"--output-name-prefix {prefix!r} is not allowed. Use up to 100 letters, digits, '.', '-' and '_'; do "
                "not begin with a dot or a dash."
            )
        lengths, cache = read_prefill(prefill) if prefill else None, read_cache(cache_length)
        fitting_prefill(lengths, cache or AUTO_CACHES[-1])
        return cls(model, output, prefix, lengths, cache, find_recipe(recipe), read_vocabulary(vocabulary))


@dataclass(frozen=True, slots=True)
class Plan:
    """The file to make: its name, its expected content, and how it is converted."""

    name: str
    vocabulary: Vocabulary
    expected: Expected
    prefill_lengths: tuple[int, ...]
    recipe: Recipe


def export(request: Request) -> Result:
    """Export a model, and return the verdict on the file. Raises InputError if the model cannot be exported."""
    source = find_source(request.model)
    with find_destination(request.output, source) as destination:
        own = source.run if source.repo_id is None else None  # a run from the Hub is in its client's cache
        progress = Progress(own.metrics_path if own is not None else None)
        progress.stage("started", source.name)
        try:
            record = _export(request, source, destination, progress)
        except BaseException as error:  # also after a signal: the page must not show an endless stage
            progress.stage("failed", str(error) or f"Stopped ({type(error).__name__}).")
            raise
    return _conclude(record, progress)


def _plan(request: Request, source: ModelSource, work: Path) -> Plan:
    """The plan for a request, with the values that depend on the model and its rows."""
    original = load_trained(source.run) if source.run is not None else None
    prompt_format, template = _prompt(source, original)
    vocabulary = choose_vocabulary(request.vocabulary, source, original, template, work / "tokenizer")
    trained = vocabulary.trained
    if trained is not None and request.cache_length is not None:
        trained.check_fits(request.cache_length)
    cache = request.cache_length or smallest_cache(trained.longest() if trained is not None else 0)
    return Plan(
        f"{request.prefix or source.name}_{request.recipe.suffix}_ekv{cache}.litertlm",
        vocabulary,
        Expected(prompt_format, template, vocabulary.tokenizer_model.read_bytes(), cache),
        fitting_prefill(request.prefill_lengths, cache),
        request.recipe,
    )


def _prompt(source: ModelSource, trained: Trained | None) -> tuple[FormatName, str]:
    """The prompt format and the chat template: the run's, or the checkpoint's own."""
    if trained is not None:
        return trained.fmt.name, trained.fmt.chat_template(trained.tools)
    return prompt_of_checkpoint(source)


def _convert(plan: Plan, source: ModelSource, file: Path, progress: Progress, work: Path) -> Conversion:
    """Make the file, and return how it was made."""
    expected, trained = plan.expected, plan.vocabulary.trained
    say(f"Exporting {source.name} as {plan.name}.")
    started = time.monotonic()
    calibration = trained.calibration() if trained is not None and plan.recipe.name != "none" else []
    kept, recipe = plan.vocabulary.kept, plan.recipe
    model = convert(source, work, plan.prefill_lengths, expected.context, progress.step, calibration, kept, recipe)
    converted = quantize(model, work, recipe, progress.step)
    progress.step("package", 0, 1)
    (file.parent / VERIFICATION).unlink(missing_ok=True)  # it describes an older file
    metadata = build_metadata(expected.prompt_format, expected.template, expected.context)
    write_bundle(file, converted.tflite, plan.vocabulary.tokenizer_model, metadata)
    seconds = time.monotonic() - started
    write_android_tools(trained.tools if trained is not None else (), file.with_name(ANDROID_TOOLS))
    progress.step("package", 1, 1)
    say(
        f"  {file.name}: {file.stat().st_size / 1e6:.1f} MB; the conversion took {seconds:.0f} s and "
        f"{converted.peak_memory_mb:,.0f} MB of memory."
    )
    return Conversion(plan.recipe.name, plan.prefill_lengths, round(seconds, 1), converted.peak_memory_mb)


def _export(request: Request, source: ModelSource, destination: Destination, progress: Progress) -> Verification:
    with Scratch(".export-", destination.folder) as work:
        plan = _plan(request, source, Path(work))
        file = destination.folder / plan.name
        made = _convert(plan, source, file, progress, Path(work))
    trained, trimmed = plan.vocabulary.trained, plan.vocabulary.result
    unusual = {}
    if trained is not None and trimmed is not None:
        unusual = unusual_rows(trained, trimmed.languages, plan.expected.context)
    more = [row for rows in unusual.values() for row in rows]
    record = verify(
        Subject(
            file,
            plan.expected,
            trained,
            lambda: agreement.checkpoint_answers(source, trained, more),
            trimmed,
            unusual,
        ),
        lambda done, total: progress.step("verify", done, total),
    )
    record = replace(record, conversion=made)
    write_json(destination.folder / VERIFICATION, record.to_dict())
    card = model_card(source.run, trained.tools, record) if source.run is not None and trained is not None else None
    if card is not None and source.run is not None and destination.folder == source.run.export_dir:
        write_text(source.run.checkpoint / "README.md", card)
    destination.publish(card if destination.repo_id == source.repo_id else None)
    return record


def _conclude(record: Verification, progress: Progress) -> Result:
    """Print the result of every check, and write the event that the stage has ended."""
    for check in record.checks:
        say(f"  {check.result.value:>15}  {check.name}: {check.detail}")
    verdict = record.verdict
    message = f"{record.file}: verification {verdict.value}. {record.reason}"
    say(message)
    progress.stage("failed" if verdict == Result.FAILED else "done", message)
    return verdict
