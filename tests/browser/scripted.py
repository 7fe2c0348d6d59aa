"""An evaluation of scripted answers, scored as a model's are: no model is trained or asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from backend.data import load_dataset
from backend.prompts import get_format
from backend.records import Example
from backend.runs import STARTER, Run, write_json
from backend.scoring import build_evaluation, score_rows
from backend.scoring.floor import floor_report

HELD_OUT = 120
UNREADABLE = "<start_function_call>"


def evaluate_scripted(run: Run) -> None:
    """Write the evaluation.json of a bad model: of the run's last rows it has a third right and a few unreadable."""
    tools, rows = load_dataset(run.dataset_path, run.tools_path)
    train, test = rows[:-HELD_OUT], rows[-HELD_OUT:]
    fmt = get_format(run.config.prompt_format, run.config.declarations)
    completions = [fmt.completion(row.calls, row.answer) for row in test]
    tuned, base = (
        score_rows(test, answers, tools, fmt) for answers in (_weak(test, completions), [UNREADABLE for _ in test])
    )
    floor = floor_report(train, test, tools, fmt, run.config.seed)
    meta = {
        "model": run.name,
        "prompt_format": fmt.name,
        "declarations": fmt.declarations,
        "rows": len(test),
        "trained_on": len(train),
        "note": "",
        "seconds": 1.0,
        "base_model": STARTER,
        "base_declarations": fmt.declarations,
    }
    counts = Counter(call.name for row in train for call in row.calls)
    evaluation: dict[str, Any] = build_evaluation(tuned, base, meta, floor=floor, train_rows=counts)
    write_json(run.evaluation_path, evaluation)


def _weak(rows: Sequence[Example], completions: Sequence[str]) -> list[str]:
    """Each third answer is right; most others are the right ones of other rows, each tenth cannot be read."""
    answers = []
    for at, own in enumerate(completions):
        other = completions[(at * 7 + 5) % len(rows)]
        answers.append(own if at % 3 == 0 else UNREADABLE if at % 10 == 1 else other)
    return answers
