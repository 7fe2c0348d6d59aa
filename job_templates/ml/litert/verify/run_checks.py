"""Judging what a file did when it ran: the prompt it made, the answers it gave, and how its checkpoint answers."""

from __future__ import annotations

from collections.abc import Sequence

from backend.device import Agreement, Check, Result
from backend.inference import Answer
from backend.prompts import BOS, BOS_ID, PAD, STOP_IDS, PromptFormat
from backend.records import Example, Tool
from backend.scoring import Report, mcnemar, wilson
from backend.tokens import TokenCounter
from job_templates.ml.litert.verify.running import Ran

MAX_UNPARSED = 0.05
"""A file fails when more of its answers than this cannot be read."""

MIN_AGREEMENT = 0.8
"""A file fails when its agreement with its checkpoint is surely below this: the upper end of Wilson's 95 % interval.

int8 changes about one answer in 24 (measured on a 270M), so a sound file stands near 96 %.
"""

MAX_P = 0.05
"""A file fails when it is right on fewer rows than its checkpoint and exact McNemar's p is below this."""


def check_opening(ran: Ran, context: int) -> Check:
    """The runtime opens the file and reads from it what we wrote into it."""
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
    """The file's own template and tokenizer make the very tokens that were trained on."""
    if not answers:
        return Check("prompt as trained", Result.UNCHECKED, "No prompt was rendered.")
    for row, answer in zip(rows, answers, strict=False):
        trained = fmt.prompt(tools, row.message)
        text = trained.removeprefix(BOS)
        if answer.prompt != text:
            return Check("prompt as trained", Result.FAILED, f"Row {row.id}: {_difference(answer.prompt, text)}")
        if [BOS_ID, *answer.prompt_ids] != counter.encode(trained):
            return Check(
                "prompt as trained", Result.FAILED, f"Row {row.id}: the text gives other tokens than in training."
            )
    return Check(
        "prompt as trained", Result.PASSED, f"{len(answers)} of {len(answers)} prompts equal, token for token."
    )


def check_handed_tools(ran: Ran) -> Check:
    """However the app spells its tools, the prompt is the same."""
    name = "tools in any order"
    if not ran.answers or not ran.handed_prompts:
        return Check(name, Result.UNCHECKED, "Not rendered.")
    for variant, prompt in ran.handed_prompts.items():
        if prompt != ran.answers[0].prompt:
            return Check(
                name, Result.FAILED, f"Tools handed over {variant}: {_difference(prompt, ran.answers[0].prompt)}"
            )
    return Check(name, Result.PASSED, f"The prompt is the same for tools handed over {', '.join(ran.handed_prompts)}.")


def check_answers(ran: Ran, wanted: int) -> Check:
    """Every message was answered with something that is neither empty nor padding."""
    if ran.failure is not None:
        return Check("answers", Result.FAILED, f"After {len(ran.answers)} of {wanted} messages: {ran.failure}")
    empty = sum(not answer.raw.replace(PAD, "").strip() for answer in ran.answers)
    padded = sum(PAD in answer.raw for answer in ran.answers)
    if empty or padded:
        return Check(
            "answers", Result.FAILED, f"Of {len(ran.answers)} answers, {empty} are empty and {padded} hold {PAD}."
        )
    return Check("answers", Result.PASSED, f"{len(ran.answers)} answers, none empty, none with {PAD}.")


def check_parsing(report: Report, agreement: Agreement | None = None) -> Check:
    """The answers can be read by the grammar that a phone uses; says where the checkpoint is to blame."""
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
    """An app gets from the runtime the calls that our parser reads and scores."""
    asked = [answer for answer in answers if answer.app_agrees is not None]
    if not asked:
        return Check("calls in an app", Result.UNCHECKED, "The runtime makes no tool calls of this prompt format.")
    agree = sum(answer.app_agrees is True for answer in asked)
    result = Result.PASSED if agree == len(asked) else Result.FAILED
    return Check("calls in an app", result, f"{agree} of {len(asked)} answers reach an app as we read them.")


def check_agreement(agreement: Agreement | None) -> Check:
    """The file answers as the checkpoint that it was made from."""
    if agreement is None:
        return Check("agrees with the checkpoint", Result.UNCHECKED, "The checkpoint's own answers could not be had.")
    _, high = wilson(agreement.same, agreement.rows)
    detail = f"{agreement.same} of {agreement.rows} answers are the checkpoint's."
    if high < MIN_AGREEMENT:
        return Check("agrees with the checkpoint", Result.FAILED, f"{detail} Below {MIN_AGREEMENT:.0%} beyond doubt.")
    return Check("agrees with the checkpoint", Result.PASSED, detail)


def check_accuracy(report: Report, agreement: Agreement | None) -> Check:
    """The file is not surely worse than its checkpoint on the same rows."""
    detail = f"Combined accuracy {report.combined.k} of {report.n}"
    if agreement is None:
        return Check("accuracy kept", Result.UNCHECKED, f"{detail}; there is nothing to hold it against.")
    p = mcnemar(agreement.lost, agreement.won)
    detail += f"; {agreement.lost} rows lost and {agreement.won} won against the checkpoint (p = {p:.2g})."
    worse = agreement.lost > agreement.won and p < MAX_P
    return Check("accuracy kept", Result.FAILED if worse else Result.PASSED, detail)


def _difference(found: str, wanted: str) -> str:
    """Where two prompts part."""
    at = next((i for i, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b), min(len(found), len(wanted)))
    there, here = found[at : at + 40], wanted[at : at + 40]
    return f"the prompt parts from the trained one at character {at}: {there!r}, not {here!r}."
