"""How the checkpoint answered the same rows, and on how many of them the exported file does as it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.device import Agreement
from backend.errors import InputError
from backend.prompts import strip_stop_tokens
from backend.records import Call, Example
from backend.runs import Run
from backend.scoring import Evaluation, Report
from job_templates.cli import say
from job_templates.ml.litert.verify.trained import Trained
from job_templates.ml.models import ModelSource


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """The checkpoint's answer to one row; `predicted` is None where it could not be read."""

    predicted: tuple[Call, ...] | None
    raw: str
    right: bool


def compare(report: Report, checkpoint: Mapping[str, CheckpointRow]) -> Agreement:
    """Hold the file's rows against the checkpoint's: alike where the calls are equal, or the same text has none."""
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


def from_evaluation(run: Run, rows: Sequence[Example]) -> dict[str, CheckpointRow] | None:
    """The answers that evaluation.json holds; None where it is missing, older than the weights, or of other rows."""
    weights = [path.stat().st_mtime for path in run.checkpoint.glob("*.safetensors")]
    if not run.evaluation_path.is_file() or run.evaluation_path.stat().st_mtime < max(weights, default=0.0):
        return None
    try:
        scored = Evaluation.read(run.evaluation_path).tuned
    except InputError:  # a damaged report is no reason to refuse the export: answer anew
        return None
    found = _by_id(scored)
    return found if all(row.id in found for row in rows) else None


def checkpoint_answers(source: ModelSource, trained: Trained | None) -> dict[str, CheckpointRow] | None:
    """The checkpoint's answers: those that evaluation.json holds, else given anew; None where no run made it."""
    if source.run is None or trained is None:
        return None
    return from_evaluation(source.run, trained.held_out) or _answered_anew(source, trained)


def _answered_anew(source: ModelSource, trained: Trained) -> dict[str, CheckpointRow]:
    """Answer the rows with the checkpoint itself, greedily, in PyTorch."""
    from job_templates.ml.evaluation import score_model
    from job_templates.ml.models import load_tuned

    def tell(done: int, total: int) -> None:
        if done in (0, total):
            say(f"  the checkpoint's own answers: {done} of {total}")

    return _by_id(score_model(load_tuned(source, trained.tools), trained.tools, trained.held_out, tell))


def _by_id(report: Report) -> dict[str, CheckpointRow]:
    return {row.id: CheckpointRow(row.predicted, row.raw, row.right) for row in report.rows}


def _same_text(one: str, other: str) -> bool:
    """Whether two unreadable answers are the same, as far as both go: each side cuts endless ones at its own length."""
    shorter, longer = sorted((strip_stop_tokens(one), strip_stop_tokens(other)), key=len)
    return longer.startswith(shorter) if shorter else not longer
