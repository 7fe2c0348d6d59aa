"""Messages on which a trimmed vocabulary could show: in capitals, with emoji, unusual words, or a cut language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from backend.device import SameAnswers
from backend.inference import Answer
from backend.prompts import PromptFormat
from backend.records import Example, Tool
from backend.scoring import score_rows
from backend.vocabulary import everyday_sentences, probes
from job_templates.ml.litert.verify.agreement import CheckpointRow, compare
from job_templates.ml.litert.verify.trained import Trained

EACH = 10
"""The most messages of one kind: about a minute for all of them, with the checkpoint's answers, at 270M parameters."""
EMOJI = "🙏🏽"
CAPITALS, WITH_EMOJI, CUT = "held-out messages in capitals", "held-out messages with emoji", "languages that were cut"


def unusual_rows(trained: Trained, languages: Sequence[str], context: int) -> dict[str, tuple[Example, ...]]:
    """Returns the messages by kind that fit into a context, for a vocabulary that keeps these languages.

    The held-out rows keep their calls. The other messages are the product's own and have none: they are asked only to
    compare the file's answers with the checkpoint's.
    """
    held_out = trained.held_out
    some = held_out[:: max(1, len(held_out) // EACH)][:EACH]
    cut = [texts for code, texts in everyday_sentences().items() if code not in languages]
    each = max(1, EACH // len(cut)) if cut else 0
    texts = {**probes(), CUT: tuple(text for sentences in cut for text in sentences[:each])}
    rows = {
        CAPITALS: [_with_message(row, row.message.upper()) for row in some],
        WITH_EMOJI: [_with_message(row, f"{row.message} {EMOJI}") for row in some],
        **{kind: [_row(text) for text in found[:EACH]] for kind, found in texts.items()},
    }
    fit = trained.that_fit([row.message for found in rows.values() for row in found], context)
    fitting = {kind: tuple(row for row in found if row.message in fit) for kind, found in rows.items()}
    return {kind: found for kind, found in fitting.items() if found}


def same_answers(
    unusual: Mapping[str, Sequence[Example]],
    answers: Sequence[Answer],
    checkpoint: Mapping[str, CheckpointRow],
    tools: Sequence[Tool],
    fmt: PromptFormat,
) -> dict[str, SameAnswers]:
    """Returns how many of the file's answers are the checkpoint's, by kind; `answers` are in the order of the rows."""
    found: dict[str, SameAnswers] = {}
    rest = list(answers)
    for kind, rows in unusual.items():
        own, rest = rest[: len(rows)], rest[len(rows) :]
        report = score_rows(rows, [answer.raw for answer in own], tools, fmt)
        agreement = compare(report, checkpoint)
        found[kind] = SameAnswers(agreement.rows, agreement.same)
    return found


def _with_message(row: Example, message: str) -> Example:
    return replace(row, id=_id(message), message=message)


def _row(message: str) -> Example:
    return Example(_id(message), 0, message, ())


def _id(message: str) -> str:
    return hashlib.sha256(f"unusual {message}".encode()).hexdigest()[:12]
