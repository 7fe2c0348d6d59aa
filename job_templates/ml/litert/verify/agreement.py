"""The checkpoint's answers to the same rows, and how many of them the exported file gives too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.device import Agreement
from backend.errors import InputError
from backend.off_topic import as_rows
from backend.prompts import strip_stop_tokens
from backend.records import Call, Example
from backend.runs import Run
from backend.scoring import Evaluation, OffTopic, Report, RowResult
from job_templates.cli import say
from job_templates.ml.litert.verify.trained import Trained
from job_templates.ml.models import ModelSource


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """The checkpoint's answer to one row; `predicted` is None if it cannot be read."""

    predicted: tuple[Call, ...] | None
    raw: str
    right: bool


def compare(report: Report, checkpoint: Mapping[str, CheckpointRow]) -> Agreement:
    """Compare the file's rows with the checkpoint's. Answers are the same if their calls, or unreadable texts, are."""
    pairs = [(row, checkpoint[row.id]) for row in report.rows]
    return Agreement(
        same=sum(
            row.predicted == other.predicted and (row.predicted is not None or _same_text(row.raw, other.raw))
            for row, other in pairs
        ),
        rows=len(pairs),
        lost=sum(other.right and not row.right for row, other in pairs),
        won=sum(row.right and not other.right for row, other in pairs),
    )


def compare_silence(off_topic: OffTopic, checkpoint: Mapping[str, CheckpointRow]) -> tuple[int, int, int]:
    """Compares calls on the off-topic messages that both were asked.

    Returns how many messages those are, on how many only the file calls a tool, and on how many only the checkpoint.
    """
    pairs = [
        (row.called, bool(checkpoint[row.answer.id].predicted)) for row in off_topic.rows if row.answer.id in checkpoint
    ]
    return len(pairs), pairs.count((True, False)), pairs.count((False, True))


def from_evaluation(run: Run, rows: Sequence[Example]) -> dict[str, CheckpointRow] | None:
    """Returns the answers in evaluation.json, those to off-topic messages too.

    Returns None if it is missing, older than the weights, or has other rows.
    """
    weights = [path.stat().st_mtime for path in run.checkpoint.glob("*.safetensors")]
    if not run.evaluation_path.is_file() or run.evaluation_path.stat().st_mtime < max(weights, default=0.0):
        return None
    try:
        scored = Evaluation.read(run.evaluation_path)
    except InputError:  # a damaged report must not stop the export: the checkpoint answers again
        return None
    found = _by_id(scored.tuned.rows)
    if not all(row.id in found for row in rows):
        return None
    return found | (_by_id(row.answer for row in scored.off_topic.rows) if scored.off_topic else {})


def checkpoint_answers(
    source: ModelSource, trained: Trained | None, more: Sequence[Example] = ()
) -> dict[str, CheckpointRow] | None:
    """Returns the checkpoint's answers, from evaluation.json or computed again; None if it has no run.

    It has the off-topic messages too, except those that an evaluation.json of an earlier version did not ask, and the
    rows of `more`, which no evaluation asks.
    """
    if source.run is None or trained is None:
        return None
    if (found := from_evaluation(source.run, trained.held_out)) is not None:
        return found | _computed(source, trained, more) if more else found
    asked = (*trained.held_out, *as_rows(trained.off_topic.messages, {"": ""}), *more)
    return _computed(source, trained, asked)


def _computed(source: ModelSource, trained: Trained, asked: Sequence[Example]) -> dict[str, CheckpointRow]:
    """The greedy answers of the checkpoint in PyTorch."""
    from job_templates.ml.evaluation import score_model
    from job_templates.ml.models import load_tuned

    def report(done: int, total: int) -> None:
        if done in (0, total):
            say(f"  answers of the checkpoint: {done} of {total}")

    return _by_id(score_model(load_tuned(source, trained.tools), trained.tools, asked, report).rows)


def _by_id(rows: Iterable[RowResult]) -> dict[str, CheckpointRow]:
    return {row.id: CheckpointRow(row.predicted, row.raw, row.right) for row in rows}


def _same_text(one: str, other: str) -> bool:
    """Whether one unreadable answer starts with the other. Endless answers are cut off at different lengths."""
    shorter, longer = sorted((strip_stop_tokens(one), strip_stop_tokens(other)), key=len)
    return longer.startswith(shorter) if shorter else not longer
