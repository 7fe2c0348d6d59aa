"""An evaluation: greedy answers of the tuned model and its base, scored."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from backend.device import model_card, verification_of
from backend.errors import InputError
from backend.files import write_json_output
from backend.off_topic import Selection, as_rows
from backend.records import Example, Tool
from backend.runs import STARTER, Event, Run, answers_by_language, write_json, write_text
from backend.scoring import (
    Evaluation,
    OffTopic,
    Report,
    Setup,
    build_evaluation,
    ngram_report,
    off_topic_result,
    probes_for,
    score_rows,
)
from job_templates.cli import say
from job_templates.ml.evaluation.decode import SharedDecoder
from job_templates.ml.evaluation.off_topic import say_off_topic
from job_templates.ml.models import ModelSource, Scorable, find_source, load_base, load_tuned
from job_templates.ml.rows import encode_rows, shared_prefix
from job_templates.ml.run import (
    ProgressReporter,
    ScoredRows,
    minutes_and_seconds,
    off_topic_messages,
    remaining_seconds,
    say_report,
    scored_rows,
    stage,
)

SECONDS_BETWEEN_LINES = 5.0
SPARE_TOKENS = 32
"""Tokens by which an answer may be longer than the longest expected one before it is cut off."""


def evaluate_run(run: Run) -> Evaluation:
    """Score a trained run on the rows that it held out, write its evaluation.json, and return the evaluation.

    Raises InputError if the run has no checkpoint.
    """
    with stage(run, "evaluate"):
        scored = scored_rows(run, None, None, "test")
        report = evaluate(find_source(str(run.path)), scored, baseline=None, probes=False)
        save(report, run.evaluation_path, run, scored.tools)
    return report


def evaluate(
    source: ModelSource, scored: ScoredRows, *, baseline: bool | None, probes: bool, near_misses: Path | None = None
) -> Evaluation:
    """Score the rows with the tuned model, its base and, if asked, the probes; ask the tuned model off-topic messages.

    `near_misses` is a file with the user's own. `baseline` None scores the base if it is available and prints a line
    if not; True raises InputError if it is not.
    """
    asked = off_topic_messages(scored.tools, [*scored.trained_on, *scored.rows], source.run, near_misses)
    tuned_model = load_tuned(source, scored.tools)
    fmt = tuned_model.fmt
    say(f"Scoring {len(scored.rows)} rows ({fmt.name} format, declarations: {fmt.declarations})")
    start = time.monotonic()
    tuned = score_model(tuned_model, scored.tools, scored.rows, progress_of(source.run, "tuned"))
    seconds = time.monotonic() - start
    say_report("Tuned", tuned)
    seed = source.run.config.seed if source.run else 0
    base = None
    setup = Setup(
        model=source.name,
        prompt_format=fmt.name,
        declarations=fmt.declarations,
        rows=len(scored.rows),
        trained_on=len(scored.trained_on),
        note=scored.note,
        seconds=round(seconds, 2),
    )
    if baseline is not False and source.run is not None:
        setup = replace(setup, base_model=source.run.config.base_model)
        base_model, why = _base(source.run, tuned_model, needed=baseline is True)
        if base_model is None:
            setup = replace(setup, base_missing=why)
        else:
            base = score_model(base_model, scored.tools, scored.rows, progress_of(source.run, "base"))
            say_report("Untrained" if source.run.config.base_model == STARTER else "Base", base)
            setup = replace(setup, base_declarations=base_model.fmt.declarations)
    ngram_baseline = ngram_report(scored.trained_on, scored.rows, scored.tools, fmt, seed)
    if ngram_baseline is not None:
        say_report("N-gram baseline", ngram_baseline)
    off_topic = _ask_off_topic(tuned_model, scored, asked, source.run)
    probed = _probe(tuned_model, scored, seed, source.run, every=probes)
    train_rows = Counter(call.name for row in scored.trained_on for call in row.calls)
    return build_evaluation(
        tuned,
        base,
        setup,
        ngram_baseline=ngram_baseline,
        probes=probed,
        off_topic=off_topic,
        train_rows=train_rows,
        config=source.run.config if source.run else None,
    )


def _base(run: Run, tuned: Scorable, *, needed: bool) -> tuple[Scorable | None, str]:
    """The model that the run started from; None and why if it is missing. Raises InputError if `needed`."""
    try:
        return load_base(run, tuned.tokenizer), ""
    except InputError as error:
        if needed:
            raise
        say(f"The base model is not scored: {error}")
        return None, str(error)


def _ask_off_topic(model: Scorable, scored: ScoredRows, asked: Selection, run: Run | None) -> OffTopic | None:
    """The tuned model's answers to the off-topic messages; None if all are left out."""
    if not asked.messages:
        return None
    answers = answers_by_language(run.config.no_call_answer if run is not None else None)
    rows = as_rows(asked.messages, answers)
    report = score_model(model, scored.tools, rows, progress_of(run, "off-topic"), scored.rows)
    found = off_topic_result(asked, report)
    say_off_topic("Tuned", found)
    return found


def _probe(model: Scorable, scored: ScoredRows, seed: int, run: Run | None, *, every: bool) -> dict[str, Report]:
    """The tuned model's report on each probe's rows."""
    found = {}
    for probe in probes_for(scored.tools, scored.rows, model.fmt.declarations, seed, every=every):
        found[probe.name] = score_model(model, probe.tools, probe.examples, progress_of(run, probe.name))
        say_report(probe.name, found[probe.name])
    return found


def save(report: Evaluation, output: Path, run: Run | None, tools: Sequence[Tool]) -> None:
    """Write the report; if it is the run's own evaluation.json, also write the run's model card."""
    if run is None or output != run.evaluation_path:
        write_json_output(output, report.to_dict())
    else:
        write_json(output, report.to_dict())
        write_text(run.checkpoint / "README.md", model_card(run, tools, verification_of(run)))


def score_model(
    model: Scorable,
    tools: Sequence[Tool],
    examples: Sequence[Example],
    report: Callable[[int, int], None],
    like: Sequence[Example] = (),
) -> Report:
    """The report of one model on the rows; `report` is called with the number of done rows and of all rows.

    An answer may be as long as the longest expected one of these rows and of `like`, and a few tokens longer.
    """
    longest = encode_rows(like, tools, model.fmt, model.tokenizer)
    rows = encode_rows(examples, tools, model.fmt, model.tokenizer)
    prefix = rows[0].prompt[: shared_prefix(rows)]
    most_new = max(len(row.completion) for row in [*rows, *longest]) + SPARE_TOKENS
    report(0, len(rows))
    answers = SharedDecoder(model.model, prefix).answers(rows, most_new, lambda done: report(done, len(rows)))
    texts = [model.tokenizer.decode(answer.tokens, skip_special_tokens=False) for answer in answers]
    return score_rows(examples, texts, tools, model.fmt, [answer.probability for answer in answers])


def progress_of(run: Run | None, phase: str) -> Callable[[int, int], None]:
    """Returns a function that reports a phase's progress: `done` rows of `total`.

    Each call writes an event if there is a run; a line is printed every five seconds.
    """
    reporter = ProgressReporter(run.metrics_path if run is not None else None, 0.0, SECONDS_BETWEEN_LINES)

    def report(done: int, total: int) -> None:
        seconds = reporter.seconds
        eta = remaining_seconds(seconds, done, total) or 0.0
        times = round(seconds, 2), round(eta, 1)
        event = Event("progress", "evaluate", phase=phase, done=done, total=total, seconds=times[0], eta=times[1])
        reporter.report(event, f"{phase}: {done} of {total} rows, {minutes_and_seconds(eta)} left" if done else "")

    return report
