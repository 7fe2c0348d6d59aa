"""An evaluation of scripted answers, scored as a model's are: no model is trained or asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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


def scripted_evaluation() -> Evaluation:
    """The evaluation of a bad model: of the example's last rows it has a third right and cannot be read on a few.

    It calls a tool for each fifth off-topic message.
    """
    tools, rows = load_dataset(EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    train, test = rows[:-HELD_OUT], rows[-HELD_OUT:]
    completions = [FORMAT.completion(row.calls, row.answer) for row in test]
    tuned = score_rows(test, _weak(test, completions), tools, FORMAT)
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
        off_topic=_off_topic(tools, rows, completions),
        train_rows=Counter(call.name for row in train for call in row.calls),
        config=RunConfig(),
    )


def evaluate_scripted(run: Run) -> None:
    """Write it as the run's evaluation.json."""
    write_json(run.evaluation_path, scripted_evaluation().to_dict())


def _off_topic(tools: Sequence[Tool], rows: Sequence[Example], completions: Sequence[str]) -> OffTopic:
    """Calls on each fifth message, two unreadable answers, silence on the others; three near misses are asked too."""
    selection = Relation(tools, rows).select(asked_messages())
    selection = Selection((*selection.messages, *near_misses(NEAR_MISSES)), selection.left_out)
    answers = [
        completions[at % len(completions)] if at % 5 == 0 else UNREADABLE if at in (1, 7) else SILENCE
        for at in range(len(selection.messages))
    ]
    return off_topic_result(selection, score_rows(as_rows(selection.messages, {"": ""}), answers, tools, FORMAT))


def _weak(rows: Sequence[Example], completions: Sequence[str]) -> list[str]:
    """Each third answer is right; most others are the right ones of other rows, and some cannot be read."""
    answers = []
    for at, own in enumerate(completions):
        other = completions[(at * 7 + 5) % len(rows)]
        answers.append(own if at % 3 == 0 else UNREADABLE if at % 10 == 1 else other)
    return answers
