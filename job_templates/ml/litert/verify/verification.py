"""The verification of an exported file by running it. Its result is written to verification.json."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from backend.device import (
    ANDROID_TOOLS,
    Agreement,
    Check,
    Result,
    SameAnswers,
    Verification,
    VocabularyResult,
    check_vocabulary,
)
from backend.inference import Answer
from backend.off_topic import Selection, as_rows
from backend.prompts import get_format
from backend.records import Example
from backend.scoring import OffTopic, Report, off_topic_result, score_rows
from job_templates.ml.litert.bundle import Bundle
from job_templates.ml.litert.verify import run_checks
from job_templates.ml.litert.verify.agreement import CheckpointRow, compare
from job_templates.ml.litert.verify.constraints import NAME as CONSTRAINED
from job_templates.ml.litert.verify.constraints import check_constraints
from job_templates.ml.litert.verify.conversations import NAME as CONVERSATION
from job_templates.ml.litert.verify.conversations import check_conversations, later_messages
from job_templates.ml.litert.verify.running import Ran, run_file
from job_templates.ml.litert.verify.structure import Expected, check_structure
from job_templates.ml.litert.verify.trained import Trained
from job_templates.ml.litert.verify.unusual import same_answers

RUNTIME = "litert-lm-api"
GREETING = "Hello"
"""The message for a model without held-out rows, which only shows whether the file runs."""

RUN_CHECKS = (
    "opens",
    "prompt as trained",
    "tools in any order",
    "answers",
    "readable",
    "calls in an app",
    CONVERSATION,
    CONSTRAINED,
    "agrees with the checkpoint",
    "accuracy kept",
    "silence",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A file, its expected content, and the data to run it on (None if the model has no run).

    `vocabulary` is None if it is the model's full one; else the file is also asked the rows of `unusual`, by kind, and
    `checkpoint_answers` has them too.
    """

    file: Path
    expected: Expected
    trained: Trained | None
    checkpoint_answers: Callable[[], dict[str, CheckpointRow] | None]
    vocabulary: VocabularyResult | None = None
    unusual: Mapping[str, Sequence[Example]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of a file's answers, and its checkpoint's answers to compare with; None is what is not there."""

    report: Report | None = None
    off_topic: OffTopic | None = None
    checkpoint: Mapping[str, CheckpointRow] | None = None
    agreement: Agreement | None = None
    unusual: Mapping[str, SameAnswers] = field(default_factory=dict)


def verify(subject: Subject, on_row: Callable[[int, int], None]) -> Verification:
    """Check the file, run it on held-out rows and off-topic messages, and return the results.

    `on_row` gets the number of answers and of messages.
    """
    bundle, checks = check_structure(subject.file, subject.expected)
    checks += [check_vocabulary(subject.vocabulary)] if subject.vocabulary is not None else []
    ran, scored = Ran(), Scored()
    if any(check.result == Result.FAILED for check in checks):
        checks += _unchecked("the file was not run, because it is damaged")
    elif importlib.util.find_spec("litert_lm") is None:
        checks += _unchecked(f"{RUNTIME} is not installed on this machine")
    else:
        asked = _off_topic(subject)
        ran = _run(subject, asked, on_row)
        scored = _scored(subject, asked, ran)
        checks += _run_checks(subject, asked, ran, scored)
    return _record(subject, bundle, checks, ran, scored)


def _unchecked(why: str) -> list[Check]:
    return [Check(name, Result.UNCHECKED, f"{why[0].upper()}{why[1:]}.") for name in RUN_CHECKS]


def _off_topic(subject: Subject) -> Selection:
    return subject.trained.off_topic_that_fit(subject.expected.context) if subject.trained else Selection(())


def _as_rows(asked: Selection) -> tuple[Example, ...]:
    return as_rows(asked.messages, {"": ""})


def _run(subject: Subject, asked: Selection, on_row: Callable[[int, int], None]) -> Ran:
    messages = [row.message for row in subject.trained.held_out] if subject.trained else [GREETING]
    off_topic = [message.text for message in asked.messages]
    unusual = [row.message for rows in subject.unusual.values() for row in rows]
    total = len(messages) + len(off_topic) + len(unusual)
    on_row(0, total)
    tools = subject.trained.tools if subject.trained else ()
    tools_file = subject.file.with_name(ANDROID_TOOLS)
    native = subject.expected.prompt_format == "native"

    def report(done: int) -> None:
        on_row(done, total)

    return run_file(subject.file, tools_file, messages, off_topic, tools, report, unusual=unusual, constrain=native)


def _scored(subject: Subject, asked: Selection, ran: Ran) -> Scored:
    """The scores of all answers; none if the file failed before."""
    trained = subject.trained
    if trained is None or ran.failure is not None:
        return Scored()
    report = score_rows(trained.held_out, [answer.raw for answer in ran.answers], trained.tools, trained.fmt)
    off_topic = None
    if asked.messages:
        silences = score_rows(_as_rows(asked), [answer.raw for answer in ran.off_topic], trained.tools, trained.fmt)
        off_topic = off_topic_result(asked, silences)
    checkpoint = subject.checkpoint_answers()
    if checkpoint is None:
        return Scored(report, off_topic)
    unusual = same_answers(subject.unusual, ran.unusual, checkpoint, trained.tools, trained.fmt)
    return Scored(report, off_topic, checkpoint, compare(report, checkpoint), unusual)


def _run_checks(subject: Subject, asked: Selection, ran: Ran, scored: Scored) -> list[Check]:
    report, agreement = scored.report, scored.agreement
    opening = run_checks.check_opening(ran, subject.expected.context)
    if not ran.ready:
        return [opening, *(check for check in _unchecked("the runtime did not open the file") if check.name != "opens")]
    trained = subject.trained
    expected = len(trained.held_out) + len(asked.messages) if trained else 1
    checks = [opening, run_checks.check_answers(ran, expected)]
    if trained is not None:
        rows, answers = [*trained.held_out, *_as_rows(asked)], [*ran.answers, *ran.off_topic]
        prompts = run_checks.check_prompts(rows, answers, trained.tools, trained.fmt, trained.counter)
        checks += [prompts, run_checks.check_tool_variants(ran), run_checks.check_app_view(answers)]
    if report is not None:
        checks += [run_checks.check_parsing(report, agreement), run_checks.check_agreement(agreement)]
        checks.append(run_checks.check_accuracy(report, agreement))
        checks.append(run_checks.check_silence(scored.off_topic, scored.checkpoint))
    if ran.failure is None:
        held_out, tools = (trained.held_out, trained.tools) if trained is not None else ((), ())
        fmt = get_format(subject.expected.prompt_format)
        checks.append(check_conversations(ran.conversations, ran.conversation_failure, _alone(subject, ran), fmt))
        checks.append(check_constraints(ran.constrained, held_out, ran.answers, tools))
    seen = {check.name for check in checks}
    why = (
        "the file failed before this check"
        if trained is not None
        else "the model has no run, so there are no held-out rows"
    )
    return checks + [check for check in _unchecked(why) if check.name not in seen]


def _record(
    subject: Subject,
    bundle: Bundle | None,
    checks: Sequence[Check],
    ran: Ran,
    scored: Scored,
) -> Verification:
    verdict, reason = _verdict(checks, scored.report, scored.agreement)
    with subject.file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Verification(
        file=subject.file.name,
        bytes=subject.file.stat().st_size,
        sha256=digest,
        verdict=verdict,
        reason=reason,
        checks=tuple(checks),
        sections=tuple(section.to_json() for section in bundle.sections) if bundle else (),
        accuracy=scored.report,
        off_topic=scored.off_topic,
        checkpoint_agreement=scored.agreement,
        load_seconds=ran.ready.get("load_seconds"),
        first_token_seconds=ran.median("first_token_seconds"),
        decode_tokens_per_second=ran.median("tokens_per_second"),
        peak_memory_mb=ran.peak_memory_mb,
        runtime=f"{RUNTIME} {_version()}",
        context=subject.expected.context,
        rows=len(ran.answers),
        vocabulary=replace(subject.vocabulary, answers=scored.unusual) if subject.vocabulary is not None else None,
        later_messages=later_messages(ran.conversations, _alone(subject, ran)),
    )


def _alone(subject: Subject, ran: Ran) -> dict[str, Answer]:
    """Returns the answers to the held-out messages that were sent alone."""
    rows = subject.trained.held_out if subject.trained is not None else ()
    return {row.message: answer for row, answer in zip(rows, ran.answers, strict=False)}


def _verdict(checks: Sequence[Check], report: Report | None, agreement: Agreement | None) -> tuple[Result, str]:
    """The verdict and its reason: failed if any check failed, passed if all rows were scored, else not checked.

    Constrained decoding decides nothing, because an app works without it.
    """
    checks = [check for check in checks if check.name != CONSTRAINED]
    failed = [f"{check.name}: {check.detail}" for check in checks if check.result == Result.FAILED]
    if failed:
        return Result.FAILED, " ".join(failed)
    if report is None or agreement is None:
        open_checks = [check for check in checks if check.result == Result.UNCHECKED]
        return Result.UNCHECKED, " ".join(dict.fromkeys(check.detail for check in open_checks))
    rates = f"{report.tool.k} of {report.n} tools and {report.combined.k} of {report.n} whole calls right"
    return Result.PASSED, f"Ran on {report.n} held-out rows: {rates}; {agreement.same} answers as the checkpoint's."


def _version() -> str:
    try:
        return importlib.metadata.version(RUNTIME)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
