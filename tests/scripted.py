"""An evaluation of scripted answers, scored as a model's are: no model is trained or asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from backend.data import load_dataset
from backend.off_topic import Relation, Selection, as_rows, asked_messages, near_misses
from backend.prompts import get_format
from backend.records import Example, Tool
from backend.runs import STARTER, Run, RunConfig, write_json
from backend.scoring import Evaluation, OffTopic, Setup, build_evaluation, off_topic_result, score_rows
from backend.scoring.ngram_baseline import ngram_report
from tests.conftest import ROOT

HELD_OUT = 120
UNREADABLE = "<start_function_call>"
EXAMPLES = ROOT / "examples"
NEAR_MISSES = "hiking is fun\nwho made these boots\nwie schwer ist ein Rucksack"
FORMAT = get_format("native", "names")
SILENCE = FORMAT.completion((), "")


def scripted_evaluation(is_right: Callable[[int], bool] | None = None, calls_each: int = 5) -> Evaluation:
    """The evaluation of a bad model: of the example's last rows it has a third right and cannot be read on a few.

    It calls a tool for each fifth off-topic message. With `is_right`, the rows are right at those places.
    """
    tools, rows = load_dataset(EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    train, test = rows[:-HELD_OUT], rows[-HELD_OUT:]
    completions = [FORMAT.completion(row.calls, row.answer) for row in test]
    answers = _right_at(is_right, completions) if is_right else _weak(test, completions)
    tuned = score_rows(test, answers, tools, FORMAT, _sure(len(test)))
    base = score_rows(test, [UNREADABLE for _ in test], tools, FORMAT)
    setup = Setup(
        model="hiking",
        prompt_format=FORMAT.name,
        declarations=FORMAT.declarations,
        rows=len(test),
        trained_on=len(train),
        note="",
        seconds=1.0,
        base_model=STARTER,
        base_declarations=FORMAT.declarations,
    )
    return build_evaluation(
        tuned,
        base,
        setup,
        ngram_baseline=ngram_report(train, test, tools, FORMAT, 42),
        off_topic=_off_topic(tools, rows, completions, calls_each),
        train_rows=Counter(call.name for row in train for call in row.calls),
        config=RunConfig(),
    )


def evaluate_scripted(run: Run) -> None:
    """Write it as the run's evaluation.json."""
    write_json(run.evaluation_path, scripted_evaluation().to_dict())


def _sure(number: int) -> list[float]:
    """A probability for each answer of `_weak`: from 0.9 if it is right, below 0.9 or, for a few, 0.92 if it is not."""
    return [
        0.9 + at % 10 / 101 if at % 3 == 0 else 0.92 if at % 40 == 1 else 0.2 + at % 13 / 20 for at in range(number)
    ]


def _off_topic(tools: Sequence[Tool], rows: Sequence[Example], completions: Sequence[str], calls_each: int) -> OffTopic:
    """A call on one of `calls_each` messages, two unreadable answers, else silence; three near misses are asked too."""
    selection = Relation(tools, rows).select(asked_messages())
    selection = Selection((*selection.messages, *near_misses(NEAR_MISSES)), selection.left_out)
    answers = [
        completions[at % len(completions)] if at % calls_each == 0 else UNREADABLE if at in (1, 7) else SILENCE
        for at in range(len(selection.messages))
    ]
    sure = [0.1 + at % 17 / 20 for at in range(len(answers))]
    report = score_rows(as_rows(selection.messages, {"": ""}), answers, tools, FORMAT, sure)
    return off_topic_result(selection, report)


def _right_at(is_right: Callable[[int], bool], completions: Sequence[str]) -> list[str]:
    return [own if is_right(at) else UNREADABLE for at, own in enumerate(completions)]


def _weak(rows: Sequence[Example], completions: Sequence[str]) -> list[str]:
    """Each third answer is right; most others are the right ones of other rows, and some cannot be read."""
    answers = []
    for at, own in enumerate(completions):
        other = completions[(at * 7 + 5) % len(rows)]
        answers.append(own if at % 3 == 0 else UNREADABLE if at % 10 == 1 else other)
    return answers
