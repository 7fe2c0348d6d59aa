"""Changes of one number of a plan, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.growing import Plan, changed, estimate_plan, make_plan
from backend.growing.orders import orders_of
from tests.unit.growing.sets import material


def test_a_tool_with_other_rows_keeps_its_shares(tmp_path: Path) -> None:
    known = material(tmp_path)
    plan = make_plan(known, 100)
    smaller = changed(plan, ["tools", "set_light", "rows"], 10, known.tools)
    before, after = plan.tools[0], smaller.tools[0]
    assert after.rows == 10
    assert sum(after.kinds.values()) == 10
    for name, goals in before.values.items():
        assert sum(one.rows for one in goals) == before.rows
        rows = [one.rows for one in after.values[name]]
        assert sum(rows) == 10
        assert all(abs(one.rows / 10 - now) <= 1 for one, now in zip(goals, rows, strict=True))
    orders = [order for order in orders_of(smaller, 42) if order.tool == "set_light"]
    assert len({order.arguments.get("room") for order in orders}) > 1
    assert estimate_plan(known, smaller, None).answer_tokens < estimate_plan(known, plan, None).answer_tokens


def test_a_tool_without_rows_gets_kinds_again(tmp_path: Path) -> None:
    known = material(tmp_path)
    plan = make_plan(known, 20)
    none = changed(plan, ["tools", "set_light", "rows"], 0, known.tools)
    again = changed(none, ["tools", "set_light", "rows"], 20, known.tools)
    assert sum(again.tools[0].kinds.values()) == 20


def test_more_rows_of_a_value_are_more_rows_of_the_tool(tmp_path: Path) -> None:
    known = material(tmp_path)
    plan = make_plan(known, 20)
    more = changed(plan, ["tools", "set_light", "values", "room", '"hall"'], 50, known.tools)
    goal = more.tools[0]
    assert goal.rows == sum(one.rows for one in goal.values["room"]) > plan.tools[0].rows
    assert changed(plan, ["near_misses"], 7, known.tools).near_misses == 7
    assert changed(plan, ["off_topic"], 7, known.tools).off_topic == 7
    assert changed(plan, ["tools", "set_light", "kinds", "typo"], 9, known.tools).tools[0].kinds["typo"] == 9
    assert changed(plan, ["tools", "set_light", "languages", "en"], 9, known.tools).tools[0].languages["en"] == 9
    assert changed(plan, ["tools", "set_light", "left_out", "level"], 9, known.tools).tools[0].left_out["level"] == 9


@pytest.mark.parametrize(
    "field",
    [
        [], ["rows"], ["tools"], ["tools", "other", "rows"], ["tools", "set_light"], ["tools", "set_light", "have"],
        ["tools", "set_light", "kinds", "other"], ["tools", "set_light", "languages", "xx"],
        ["tools", "set_light", "values", "room", '"attic"'], ["tools", "set_light", "left_out", "room"],
    ],
)  # fmt: skip
def test_a_number_that_no_plan_has_is_refused(tmp_path: Path, field: list[str]) -> None:
    known = material(tmp_path)
    with pytest.raises(InputError, match="no such number"):
        changed(make_plan(known, 20), field, 5, known.tools)


def test_numbers_are_bounded(tmp_path: Path) -> None:
    known = material(tmp_path)
    plan = make_plan(known, 20)
    for number in (-1, 10_001):
        with pytest.raises(InputError, match=r"from 0 to 10,000"):
            changed(plan, ["near_misses"], number, known.tools)
    empty = Plan(tuple(replace(goal, rows=0) for goal in plan.tools), plan.languages, near_misses=1)
    with pytest.raises(InputError, match="asks for 0 rows"):
        changed(empty, ["near_misses"], 0, known.tools)
