"""The selection of scored rows: by filters, or by a cell, a piece of advice, a probe or a comparison."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from backend.scoring import FALSE_CALLS, NO_CALL, Evaluation, Report, RowResult, compare_rows, confusions, names_of
from ui.evaluate.others import Results

ALL, WRONG, RIGHT = "all", "wrong", "right"
BASE_ONLY, TUNED_ONLY, NGRAM_ONLY, REFUSED = "base", "tuned", "floor", "refused"
Rows = Sequence[RowResult]


@dataclass(frozen=True, slots=True)
class Choice:
    """`show` is one of the words above; `tool` and `kind` a tool and an error class, or "all"; `picked` names a set of
    rows that was selected by a click, or is empty."""

    show: str = WRONG
    tool: str = ALL
    kind: str = ALL
    picked: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """A set of rows, its title, and the probe or the other model that it belongs to."""

    title: str
    ids: frozenset[str]
    probe: str = ""
    other: str = ""


def first_choice(evaluation: Evaluation) -> Choice:
    """The initial selection: the wrong rows, or all rows if none is wrong."""
    return Choice(WRONG if any(not row.right for row in evaluation.tuned.rows) else ALL)


def chosen_rows(results: Results, choice: Choice) -> Rows:
    """The rows that match every filter, in their order."""
    picked = picked_rows(results, choice.picked)
    return [
        row
        for row in shown_rows(results.evaluation, choice.show)
        if choice.tool in (ALL, *tools_of(row))
        and choice.kind in (ALL, row.error_class)
        and (picked is None or row.id in picked.ids)
    ]


def shown_rows(evaluation: Evaluation, show: str) -> Rows:
    """The rows, filtered by who answered them right, or by whether an app would refuse the answer."""
    if show == REFUSED:
        return [row for row in evaluation.tuned.rows if row.refusal is not None]
    tuned, base, ngram_baseline = map(right_ids, (evaluation.tuned, evaluation.base, evaluation.ngram_baseline))
    wanted = {
        WRONG: lambda name: name not in tuned,
        RIGHT: lambda name: name in tuned,
        BASE_ONLY: lambda name: name in base - tuned,
        TUNED_ONLY: lambda name: name in tuned - base,
        NGRAM_ONLY: lambda name: name in ngram_baseline - tuned,
    }.get(show)
    return [row for row in evaluation.tuned.rows if wanted is None or wanted(row.id)]


def right_ids(report: Report | None) -> set[str]:
    """The ids of the rows that are right in a report; empty if there is no report."""
    return {row.id for row in report.rows if row.right} if report else set()


def tools_of(row: RowResult) -> list[str]:
    """The expected tools of the row, by which it is filtered."""
    return sorted(set(names_of(row.expected))) or [NO_CALL]


def advice_key(at: int) -> str:
    """The key of the rows of a piece of advice."""
    return json.dumps(["advice", at])


def probe_key(name: str) -> str:
    """The key of the rows that a probe breaks."""
    return json.dumps(["probe", name])


def cell_key(gold: str, predicted: str) -> str:
    """The key of the rows in a cell of the confusion matrix."""
    return json.dumps(["cell", gold, predicted], ensure_ascii=False)


def comparison_key(other: str, side: str) -> str:
    """The key of the rows that only this model (`gained`) or only the other (`lost`) answers right."""
    return json.dumps(["beside", other, side])


def picked_rows(results: Results, key: str) -> Picked | None:
    """The rows that a key names; None if the key is empty or unknown to this evaluation."""
    evaluation = results.evaluation
    match _parts(key):
        case ["advice", int(at)] if 0 <= at < len(evaluation.advice) and evaluation.advice[at].kind != FALSE_CALLS:
            return Picked(evaluation.advice[at].text, frozenset(evaluation.advice[at].rows))
        case ["probe", str(name)] if name in evaluation.probes:
            title = f"Right without a change, as shown here, and wrong with the probe “{name}”."
            return Picked(title, frozenset(evaluation.probes[name].broken), name)
        case ["cell", str(gold), str(predicted)]:
            return _cell(evaluation, gold, predicted)
        case ["beside", str(other), ("gained" | "lost") as side]:
            return _compared(results, other, side)
    return None


def _parts(key: str) -> object:
    """The parts of a key; None if the text is empty or no key."""
    try:
        return json.loads(key) if key else None
    except (ValueError, RecursionError):
        return None


def _compared(results: Results, key: str, side: str) -> Picked | None:
    """The rows that only one of two models answers right; None if the other model no longer exists."""
    other = results.others.get(key)
    pair = compare_rows(results.evaluation.tuned.rows, other.report.rows) if other else None
    if other is None or pair is None:
        return None
    ids = pair.gained if side == "gained" else pair.lost
    who = "this model" if side == "gained" else other.label
    return Picked(f"Only {who} answers these rows right.", frozenset(ids), other=key)


def _cell(evaluation: Evaluation, gold: str, predicted: str) -> Picked:
    tuned = evaluation.tuned
    ids = frozenset(row.id for row in tuned.rows if (gold, predicted) in confusions(row, tuned.per_tool))
    title = f"{gold} expected and called." if gold == predicted else f"{gold} expected, {predicted} instead."
    return Picked(title, ids)
