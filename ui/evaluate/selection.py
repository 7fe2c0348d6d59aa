"""Which scored rows are looked at: filters, and the rows that a cell, a piece of advice or a probe stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.scoring.beside import beside
from backend.scoring.report import NO_CALL, RowResult, confusions

ALL, WRONG, RIGHT = "all", "wrong", "right"
BASE_ONLY, TUNED_ONLY, FLOOR_ONLY = "base", "tuned", "floor"
Rows = Sequence[dict[str, Any]]
Evaluation = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """`show` is one of the words above; `tool` and `kind` a tool and an error class, or "all"; `picked` names a set of
    rows that something on the page stands for, or is empty."""

    show: str = WRONG
    tool: str = ALL
    kind: str = ALL
    picked: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """A set of rows, what it is called, and the probe or the other model that it belongs to."""

    title: str
    ids: frozenset[str]
    probe: str = ""
    other: str = ""


def first_choice(evaluation: Evaluation) -> Choice:
    """What is shown at first: the wrong rows, or all where none is wrong."""
    return Choice(WRONG if any(not row["right"] for row in evaluation["tuned"]["rows"]) else ALL)


def chosen_rows(evaluation: Evaluation, choice: Choice) -> Rows:
    """The rows that pass every filter, in their order."""
    picked = picked_rows(evaluation, choice.picked)
    return [
        row
        for row in shown_rows(evaluation, choice.show)
        if choice.tool in (ALL, *tools_of(row))
        and choice.kind in (ALL, row["error_class"])
        and (picked is None or row["id"] in picked.ids)
    ]


def shown_rows(evaluation: Evaluation, show: str) -> Rows:
    """The rows by who got them right."""
    rows: Rows = evaluation["tuned"]["rows"]
    right = {name: right_ids(evaluation, name) for name in ("tuned", "base", "floor")}
    wanted = {
        WRONG: lambda name: name not in right["tuned"],
        RIGHT: lambda name: name in right["tuned"],
        BASE_ONLY: lambda name: name in right["base"] - right["tuned"],
        TUNED_ONLY: lambda name: name in right["tuned"] - right["base"],
        FLOOR_ONLY: lambda name: name in right["floor"] - right["tuned"],
    }.get(show)
    return [row for row in rows if wanted is None or wanted(row["id"])]


def right_ids(evaluation: Evaluation, name: str) -> set[str]:
    """The ids of the rows that a report has right; none where it was not made."""
    return {row["id"] for row in (evaluation.get(name) or {}).get("rows", []) if row["right"]}


def tools_of(row: Mapping[str, Any]) -> list[str]:
    """The tools that the row expects, which is what it is filtered by."""
    return sorted({call["name"] for call in row["expected"]}) or [NO_CALL]


def advice_key(at: int) -> str:
    """What the rows of a piece of advice are called."""
    return json.dumps(["advice", at])


def probe_key(name: str) -> str:
    """What the rows that a probe breaks are called."""
    return json.dumps(["probe", name])


def cell_key(gold: str, predicted: str) -> str:
    """What the rows of a cell of the confusion matrix are called."""
    return json.dumps(["cell", gold, predicted], ensure_ascii=False)


def beside_key(other: str, side: str) -> str:
    """What the rows are called that this model has `gained` over another, or `lost` against it."""
    return json.dumps(["beside", other, side])


def picked_rows(evaluation: Evaluation, key: str) -> Picked | None:
    """The rows that a key names; None for no key, or one that this evaluation does not have."""
    try:
        match json.loads(key) if key else None:
            case ["advice", int(at)]:
                advice = evaluation["advice"][at]
                return Picked(advice["text"], frozenset(advice["rows"]))
            case ["probe", str(name)]:
                broken = frozenset(evaluation["probes"][name]["broken"])
                return Picked(f"Right as they are, as shown here, and wrong with the probe “{name}”.", broken, name)
            case ["cell", str(gold), str(predicted)]:
                return _cell(evaluation, gold, predicted)
            case ["beside", str(key), ("gained" | "lost") as side]:
                return _beside(evaluation, key, side)
    except (ValueError, KeyError, IndexError):  # a key that came from outside, or from an older evaluation
        return None
    return None


def _beside(evaluation: Evaluation, key: str, side: str) -> Picked | None:
    """The rows that only one of two models has right; KeyError where the other is not there any more."""
    other = evaluation["others"][key]
    pair = beside(evaluation["tuned"], other.report)
    if pair is None:
        return None
    ids = pair.gained if side == "gained" else pair.lost
    who = "this model" if side == "gained" else other.label
    return Picked(f"Only {who} has these right.", frozenset(ids), other=key)


def _cell(evaluation: Evaluation, gold: str, predicted: str) -> Picked:
    tools = evaluation["tuned"]["per_tool"]
    rows = evaluation["tuned"]["rows"]
    ids = frozenset(row["id"] for row in rows if (gold, predicted) in confusions(RowResult(**row), tools))
    title = f"{gold} expected and called." if gold == predicted else f"{gold} expected, {predicted} instead."
    return Picked(title, ids)
