"""The plan as a table of numbers that can be changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from backend.errors import InputError
from backend.growing import KINDS, MOST_NUMBER, Plan, ToolGoal, ValueGoal, value_key
from ui.html import callout, card, value_text
from ui.services import Growth

NOTE = "A tool with fewer than 100 rows is filled up. Your held-out rows are shown to nobody. Change any number."
SILENT = {
    "near_misses": ("Near misses", "about your app, and no tool fits"),
    "off_topic": ("Off-topic", "about something else"),
}


NO_SILENCE = "Messages without a call can be planned if “Rows may call nothing” is on in the Data step."
Numbered = tuple[str, str, Sequence[str], int]
"""The name of a number, a hint, its field in the plan, and the number."""


def plan_view(growth: Growth) -> Markup:
    """The numbers of a plan that has not begun."""
    silent = growth.material.options.allow_no_call
    off = Markup("") if silent else Markup('<p class="note">{}</p>').format(NO_SILENCE)
    return card("What is missing", _table(growth.plan, silent=silent) + off, note=NOTE)


def estimate_view(growth: Growth) -> Markup:
    """The requests and tokens of the plan, or why a number was not taken."""
    if problem := growth.problem_of("plan"):
        return callout("error", "The number was not changed", problem)
    if not growth.plan.rows:
        return callout("plain", "No rows are missing", "Enter how many rows to write.")
    try:
        said = growth.estimate(None).sentence()
    except InputError as error:
        return callout("error", "This cannot be asked for", error)
    return callout("plain", f"{growth.plan.rows:,} rows to write", said)


def _table(plan: Plan, *, silent: bool) -> Markup:
    rows = Markup("").join(_tool(goal) for goal in plan.tools)
    silents = Markup("").join(
        _line(Markup('<b>{}</b><div class="note">{}</div>').format(*SILENT[name]), "", [name], number, SILENT[name][0])
        for name, number in (("near_misses", plan.near_misses), ("off_topic", plan.off_topic))
        if silent
    )
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(one) for one in ("Tool", "There", "To write"))
    return Markup(
        '<table class="table grow-plan"><caption class="unseen">Rows of each tool</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}{}</tbody></table>"
    ).format(head, rows, silents)


def _tool(goal: ToolGoal) -> Markup:
    line = _line(
        Markup("<b>{}</b>").format(goal.tool), f"{goal.have:,}", ["tools", goal.tool, "rows"], goal.rows, goal.tool
    )
    values = [
        _numbers(f"Rows with each {name}", [_value(goal, name, value_key(one.value), one) for one in goals])
        for name, goals in goal.values.items()
    ]
    groups = [
        _group(goal, "kinds", "Kinds, as shares", goal.kinds, {name: one.text for name, one in KINDS.items()}),
        _group(goal, "languages", "Languages, as shares", goal.languages),
        *values,
        _group(goal, "left_out", "Rows without an argument", goal.left_out),
    ]
    more = Markup(
        '<tr class="detail"><td colspan="3"><details class="more" data-more="{}"><summary>Kinds, languages and values'
        '<span class="unseen"> of {}</span></summary><div class="grow-groups">{}</div></details></td></tr>'
    ).format(goal.tool, goal.tool, Markup("").join(groups))
    return line + more


def _line(name: object, have: str, field: Sequence[str], number: int, label: str) -> Markup:
    return Markup(
        '<tr><td data-label="Tool"><div>{}</div></td><td data-label="There">{}</td>'
        '<td data-label="To write">{}</td></tr>'
    ).format(name, have, _input(field, number, f"Rows to write: {label}"))


def _value(goal: ToolGoal, argument: str, key: str, one: ValueGoal) -> Numbered:
    return value_text(one.value), f"{one.have:,} there", ["tools", goal.tool, "values", argument, key], one.rows


def _group(
    goal: ToolGoal, part: str, title: str, numbers: Mapping[str, int], titles: Mapping[str, str] | None = None
) -> Markup:
    known = titles or {}
    return _numbers(
        title, [(name, known.get(name, ""), ["tools", goal.tool, part, name], one) for name, one in numbers.items()]
    )


def _numbers(title: str, items: Iterable[Numbered]) -> Markup:
    fields = Markup("").join(
        Markup('<label title="{}"><span>{}</span>{}</label>').format(hint, name, _input(field, number, ""))
        for name, hint, field, number in items
    )
    return Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(title, fields) if fields else Markup("")


def _input(field: Sequence[str], number: int, label: str) -> Markup:
    named = Markup(' aria-label="{}"').format(label) if label else ""
    return Markup(
        '<input type="number" inputmode="numeric" min="0" max="{}" step="1" value="{}" data-plan="{}"{}>'
    ).format(MOST_NUMBER, number, json.dumps(list(field), ensure_ascii=False), named)
