"""The verification of an exported file by running it. Its result is written to verification.json."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.device import ANDROID_TOOLS, Agreement, Check, Result, Verification
from backend.inference import Answer
from backend.prompts import get_format
from backend.scoring import Report, score_rows
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
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A file, its expected content, and the data to run it on (None if the model has no run)."""

    file: Path
    expected: Expected
    trained: Trained | None
    checkpoint_answers: Callable[[], dict[str, CheckpointRow] | None]


def verify(subject: Subject, on_row: Callable[[int, int], None]) -> Verification:
    """Check the file, run it on held-out rows, and return the results. `on_row` gets the done and the total rows."""
    bundle, checks = check_structure(subject.file, subject.expected)
    ran, report, agreement = Ran(), None, None
    if any(check.result == Result.FAILED for check in checks):
        checks += _unchecked("the file was not run, because it is damaged")
    elif importlib.util.find_spec("litert_lm") is None:
        checks += _unchecked(f"{RUNTIME} is not installed on this machine")
    else:
        ran = _run(subject, on_row)
        report, agreement = _scored(subject, ran)
        checks += _run_checks(subject, ran, report, agreement)
    return _record(subject, bundle, checks, ran, report, agreement)


def _unchecked(why: str) -> list[Check]:
    return [Check(name, Result.UNCHECKED, f"{why[0].upper()}{why[1:]}.") for name in RUN_CHECKS]


def _run(subject: Subject, on_row: Callable[[int, int], None]) -> Ran:
    messages = [row.message for row in subject.trained.held_out] if subject.trained else [GREETING]
    on_row(0, len(messages))
    tools = subject.trained.tools if subject.trained else ()
    tools_file = subject.file.with_name(ANDROID_TOOLS)
    native = subject.expected.prompt_format == "native"

    def report(done: int) -> None:
        on_row(done, len(messages))

    return run_file(subject.file, tools_file, messages, tools, report, constrain=native)


def _scored(subject: Subject, ran: Ran) -> tuple[Report | None, Agreement | None]:
    """The report on all held-out rows, and the agreement with the checkpoint; None if the file failed before."""
    trained = subject.trained
    if trained is None or ran.failure is not None:
        return None, None
    report = score_rows(trained.held_out, [answer.raw for answer in ran.answers], trained.tools, trained.fmt)
    checkpoint = subject.checkpoint_answers()
    return report, compare(report, checkpoint) if checkpoint is not None else None


def _run_checks(subject: Subject, ran: Ran, report: Report | None, agreement: Agreement | None) -> list[Check]:
    opening = run_checks.check_opening(ran, subject.expected.context)
    if not ran.ready:
        return [opening, *(check for check in _unchecked("the runtime did not open the file") if check.name != "opens")]
    trained = subject.trained
    checks = [opening, run_checks.check_answers(ran, len(trained.held_out) if trained else 1)]
    if trained is not None:
        prompts = run_checks.check_prompts(trained.held_out, ran.answers, trained.tools, trained.fmt, trained.counter)
        checks += [prompts, run_checks.check_tool_variants(ran), run_checks.check_app_view(ran.answers)]
    if report is not None:
        checks += [run_checks.check_parsing(report, agreement), run_checks.check_agreement(agreement)]
        checks.append(run_checks.check_accuracy(report, agreement))
    if ran.failure is None:
        rows, tools = (trained.held_out, trained.tools) if trained is not None else ((), ())
        fmt = get_format(subject.expected.prompt_format)
        checks.append(check_conversations(ran.conversations, ran.conversation_failure, _alone(subject, ran), fmt))
        checks.append(check_constraints(ran.constrained, rows, ran.answers, tools))
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
    report: Report | None,
    agreement: Agreement | None,
) -> Verification:
    verdict, reason = _verdict(checks, report, agreement)
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
        accuracy=report,
        checkpoint_agreement=agreement,
        load_seconds=ran.ready.get("load_seconds"),
        first_token_seconds=ran.median("first_token_seconds"),
        decode_tokens_per_second=ran.median("tokens_per_second"),
        peak_memory_mb=ran.peak_memory_mb,
        runtime=f"{RUNTIME} {_version()}",
        context=subject.expected.context,
        rows=len(ran.answers),
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
