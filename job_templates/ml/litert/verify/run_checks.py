"""The checks of a file that was run: its prompts, its answers, and the comparison with its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.device import Agreement, Check, Result
from backend.inference import Answer
from backend.prompts import BOS, BOS_ID, PAD, STOP_IDS, PromptFormat
from backend.records import Example, Tool
from backend.scoring import OffTopic, Report, mcnemar, wilson
from backend.tokens import TokenCounter
from job_templates.ml.litert.verify.agreement import CheckpointRow, compare_silence
from job_templates.ml.litert.verify.running import Ran

MAX_UNPARSED = 0.05
"""A file fails if more than this share of its answers cannot be read."""

MIN_AGREEMENT = 0.8
"""A file fails if the upper end of Wilson's 95 % interval of its agreement with its checkpoint is below this.

int8 changes about one answer in 24 (measured on a 270M), so a good file has about 96 %.
"""

MAX_P = 0.05
"""A file fails if exact McNemar's p is below this, and it is right on fewer rows or calls more off-topic tools."""


def check_opening(ran: Ran, context: int) -> Check:
    """Whether the runtime opens the file, and reads the tokens and the context that were written to it."""
    ready = ran.ready
    if not ready:
        return Check("opens", Result.FAILED, ran.failure or "The runtime did not open the file.")
    if ready["start_token"] != BOS_ID:
        return Check(
            "opens", Result.FAILED, f"The runtime starts prompts with token {ready['start_token']}, not {BOS_ID}."
        )
    if sorted(ready["stop_tokens"]) != sorted([token] for token in STOP_IDS):
        return Check("opens", Result.FAILED, f"The runtime stops at {ready['stop_tokens']}, not at {list(STOP_IDS)}.")
    if ready["context"] != context:
        return Check("opens", Result.FAILED, f"The runtime sees a context of {ready['context']} tokens, not {context}.")
    return Check("opens", Result.PASSED, f"Opened in {ready['load_seconds']:.1f} s; a context of {context:,} tokens.")


def check_prompts(
    rows: Sequence[Example], answers: Sequence[Answer], tools: Sequence[Tool], fmt: PromptFormat, counter: TokenCounter
) -> Check:
    """Whether the file's template and tokenizer give exactly the token ids of the training."""
    if not answers:
        return Check("prompt as trained", Result.UNCHECKED, "No prompt was rendered.")
    for row, answer in zip(rows, answers, strict=False):
        trained = fmt.prompt(tools, row.message)
        text = trained.removeprefix(BOS)
        if answer.prompt != text:
            return Check("prompt as trained", Result.FAILED, f"Row {row.id}: {_difference(answer.prompt, text)}")
        if [BOS_ID, *answer.prompt_ids] != counter.encode(trained):
            return Check(
                "prompt as trained", Result.FAILED, f"Row {row.id}: the text gives other token ids than in training."
            )
    return Check(
        "prompt as trained", Result.PASSED, f"{len(answers)} of {len(answers)} prompts equal, token for token."
    )


def check_tool_variants(ran: Ran) -> Check:
    """Whether the prompt is the same for every form in which an app passes its tools."""
    name = "tools in any order"
    if not ran.answers or not ran.variant_prompts:
        return Check(name, Result.UNCHECKED, "No prompt was rendered.")
    for variant, prompt in ran.variant_prompts.items():
        if prompt != ran.answers[0].prompt:
            return Check(name, Result.FAILED, f"For tools {variant}: {_difference(prompt, ran.answers[0].prompt)}")
    return Check(name, Result.PASSED, f"The prompt is the same for tools {', '.join(ran.variant_prompts)}.")


def check_answers(ran: Ran, expected: int) -> Check:
    """Whether the runtime answers every message, and no answer has padding; an empty answer is silence, no error."""
    answers = [*ran.answers, *ran.off_topic]
    if ran.failure is not None:
        return Check("answers", Result.FAILED, f"After {len(answers)} of {expected} messages: {ran.failure}")
    errors = [answer.error for answer in answers if not answer.answered]
    if errors:
        detail = f"{len(errors)} of {len(answers)} messages have no answer. The first: {errors[0]}"
        return Check("answers", Result.FAILED, detail)
    silent = sum(not answer.raw.strip() for answer in answers)
    padded = sum(PAD in answer.raw for answer in answers)
    if padded:
        return Check("answers", Result.FAILED, f"Of {len(answers)} answers, {padded} contain {PAD}.")
    return Check("answers", Result.PASSED, f"{len(answers)} answers, {silent} of them empty, none with {PAD}.")


def check_parsing(report: Report, agreement: Agreement | None = None) -> Check:
    """Whether the phone's grammar can read the answers. If not, the detail says whether the checkpoint is the cause."""
    unread = report.n - report.parse.k
    first = next((row for row in report.rows if not row.parsed), None)
    shown = f" The first: row {first.id}, {first.detail}." if first else ""
    detail = f"{report.parse.k} of {report.n} answers can be read.{shown}"
    if unread <= MAX_UNPARSED * report.n:
        return Check("readable", Result.PASSED, detail)
    if agreement is not None and agreement.same >= MIN_AGREEMENT * agreement.rows:
        detail += " Its checkpoint answers the same way: train it longer, or on more rows."
    return Check("readable", Result.FAILED, detail)


def check_app_view(answers: Sequence[Answer]) -> Check:
    """Whether an app gets the same calls from the runtime as our parser reads and scores."""
    compared = [answer for answer in answers if answer.app_agrees is not None]
    if not compared:
        return Check("calls in an app", Result.UNCHECKED, "The runtime reads no tool calls in this prompt format.")
    agree = sum(answer.app_agrees is True for answer in compared)
    result = Result.PASSED if agree == len(compared) else Result.FAILED
    return Check("calls in an app", result, f"{agree} of {len(compared)} answers give an app the calls that we read.")


def check_agreement(agreement: Agreement | None) -> Check:
    """Whether the file gives the answers of its checkpoint."""
    if agreement is None:
        return Check("agrees with the checkpoint", Result.UNCHECKED, "The checkpoint's own answers are not available.")
    _, high = wilson(agreement.same, agreement.rows)
    detail = f"{agreement.same} of {agreement.rows} answers are the checkpoint's."
    if high < MIN_AGREEMENT:
        detail += f" This is significantly below {MIN_AGREEMENT:.0%}."
        return Check("agrees with the checkpoint", Result.FAILED, detail)
    return Check("agrees with the checkpoint", Result.PASSED, detail)


def check_accuracy(report: Report, agreement: Agreement | None) -> Check:
    """Whether the file is not significantly worse than its checkpoint on the same rows."""
    detail = f"{report.combined.k} of {report.n} rows are right"
    if agreement is None:
        return Check("accuracy kept", Result.UNCHECKED, f"{detail}; there are no answers to compare with.")
    p = mcnemar(agreement.lost, agreement.won)
    detail += f"; {agreement.lost} lost and {agreement.won} won compared with the checkpoint (p = {p:.2g})."
    worse = agreement.lost > agreement.won and p < MAX_P
    return Check("accuracy kept", Result.FAILED if worse else Result.PASSED, detail)


def check_silence(off_topic: OffTopic | None, checkpoint: Mapping[str, CheckpointRow] | None) -> Check:
    """Whether the file does not call tools for significantly more of the off-topic messages than its checkpoint does.

    How many the checkpoint calls tools for is a matter of the training, and fails no file.
    """
    name = "silence"
    if off_topic is None:
        return Check(name, Result.UNCHECKED, "No off-topic message was asked.")
    detail = f"{off_topic.calls.k} of {off_topic.calls.n} off-topic messages call a tool"
    common, more, fewer = compare_silence(off_topic, checkpoint or {})
    if not common:
        return Check(name, Result.UNCHECKED, f"{detail}; the checkpoint's answers to them are not available.")
    p = mcnemar(more, fewer)
    detail += f"; of {common}, {more} only with the file and {fewer} only with the checkpoint (p = {p:.2g})."
    return Check(name, Result.FAILED if more > fewer and p < MAX_P else Result.PASSED, detail)


def _difference(found: str, trained: str) -> str:
    """The first difference of two prompts, in words."""
    shorter = min(len(found), len(trained))
    at = next((i for i, (a, b) in enumerate(zip(found, trained, strict=False)) if a != b), shorter)
    there, here = found[at : at + 40], trained[at : at + 40]
    return f"the prompt differs from the trained one at character {at}: {there!r}, not {here!r}."
