"""Changes one number of a plan, as a person does, and keeps the numbers that depend on it consistent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from backend.errors import InputError
from backend.growing.kinds import KINDS, apportion
from backend.growing.plan import MOST_ROWS, Plan, ToolGoal
from backend.growing.values import value_key
from backend.records import Tool

MOST_NUMBER = MOST_ROWS
NO_FIELD = "The plan has no such number. Reload the page."


def changed(plan: Plan, field: Sequence[str], number: int, tools: Sequence[Tool]) -> Plan:
    """Returns the plan with another number in a field, which is named as in `Plan.to_dict`.

    A field is `near_misses`, `off_topic`, or `tools`, the name of a tool and one of `rows`, `kinds NAME`,
    `languages CODE`, `left_out ARGUMENT` and `values ARGUMENT JSON`. Raises InputError if there is no such field, or if
    the plan has no row or too many.
    """
    if not 0 <= number <= MOST_NUMBER:
        raise InputError(f"Enter a whole number from 0 to {MOST_NUMBER:,}.")
    match list(field):
        case ["near_misses"]:
            new = replace(plan, near_misses=number)
        case ["off_topic"]:
            new = replace(plan, off_topic=number)
        case ["tools", name, *rest] if any(goal.tool == name for goal in plan.tools):
            goals = (_changed(goal, rest, number) if goal.tool == name else goal for goal in plan.tools)
            new = replace(plan, tools=tuple(goals))
        case _:
            raise InputError(NO_FIELD)
    return Plan.from_dict(new.to_dict(), tools)


def _changed(goal: ToolGoal, field: Sequence[str], number: int) -> ToolGoal:
    match list(field):
        case ["rows"]:
            return _with_rows(goal, number)
        case ["kinds", name] if name in goal.kinds:
            return replace(goal, kinds={**goal.kinds, name: number})
        case ["languages", code] if code in goal.languages:
            return replace(goal, languages={**goal.languages, code: number})
        case ["left_out", name] if name in goal.left_out:
            return replace(goal, left_out={**goal.left_out, name: min(number, goal.rows)})
        case ["values", name, key] if key in [value_key(one.value) for one in goal.values.get(name, ())]:
            values = tuple(
                replace(one, rows=number) if value_key(one.value) == key else one for one in goal.values[name]
            )
            rows = max(goal.rows, sum(one.rows for one in values))
            return replace(goal, rows=rows, values={**goal.values, name: values})
    raise InputError(NO_FIELD)


def _with_rows(goal: ToolGoal, rows: int) -> ToolGoal:
    """Returns the goal with other rows; its kinds, values and left-out arguments keep their shares."""
    kinds: Mapping[str, float] = (
        goal.kinds if sum(goal.kinds.values()) else {name: one.share for name, one in KINDS.items()}
    )
    values = {}
    for name, goals in goal.values.items():
        known = {value_key(one.value): float(one.rows) for one in goals}
        shares = apportion(round(rows * min(1.0, sum(known.values()) / max(1, goal.rows))), known)
        values[name] = tuple(replace(one, rows=shares[value_key(one.value)]) for one in goals)
    left_out = {name: round(rows * number / max(1, goal.rows)) for name, number in goal.left_out.items()}
    return replace(goal, rows=rows, kinds=apportion(rows, kinds), values=values, left_out=left_out)
