"""The plan: what is missing, as a document that a user changes, and the orders that follow from it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.data import CheckOptions, load_dataset
from backend.errors import InputError
from backend.growing import Material, Plan, make_plan, plan_lines, read_material
from backend.growing.kinds import KINDS, apportion
from backend.growing.orders import MOST_TRIES, next_orders, orders_of
from backend.records import Example
from tests.conftest import SHARED
from tests.unit.growing.sets import material, silent

GROWN = SHARED / "data/grown"


def test_ten_rows_a_tool_are_planned_to_a_hundred_more() -> None:
    tools = SHARED / "data/cycling/tools.json"
    seeds = read_material(GROWN / "cycling-seeds.csv", tools, CheckOptions(declarations="none"))
    plan = make_plan(seeds)
    assert [goal.rows for goal in plan.tools] == [100] * 6
    values = {goal.tool: goal.values.get("query", ()) for goal in plan.tools}
    assert {one.value for one in values["find_nearby_poi"]} == {
        "water", "cafe", "food", "bike_shop", "rest_area", "shelter", "any",
    }  # fmt: skip
    assert values["get_segment_ahead"] == ()  # quantities: others are likely
    for goals in values.values():
        assert not goals or max(one.have + one.rows for one in goals) - min(one.have + one.rows for one in goals) <= 1
    assert set(plan.languages) == {"en", "es"}


def test_free_text_has_no_closed_values() -> None:
    tools = SHARED / "data/snips7/tools.json"
    seeds = read_material(GROWN / "snips-seeds.csv", tools, CheckOptions(declarations="none"))
    assert all(not goal.values for goal in make_plan(seeds).tools)


def test_a_tool_with_enough_rows_gets_those_of_its_rare_values_only(tmp_path: Path) -> None:
    found = material(tmp_path)
    many = [replace(found.train[0], id=f"k{at}") for at in range(200)]
    light, music = make_plan(replace(found, train=(*found.train, *many))).tools
    assert music.rows == 100
    rooms = {one.value: (one.have, one.rows) for one in light.values["room"]}
    assert rooms["kitchen"][1] == 0
    assert 0 < rooms["hall"][1] < 20
    assert light.rows < 100


def test_rows_that_were_grown_before_count(tmp_path: Path) -> None:
    found = material(tmp_path)
    grown = [replace(found.train[-1], id=f"g{at}", origin="grown by x on 2026-11-28") for at in range(40)]
    assert make_plan(replace(found, train=(*found.train, *grown))).tools[1].rows == 60


def test_near_misses_are_planned_where_silence_is_on(tmp_path: Path) -> None:
    assert make_plan(material(tmp_path)).near_misses == 0
    plan = make_plan(silent(tmp_path))
    assert plan.near_misses == 30
    orders = orders_of(plan, 42)
    assert Counter(order.kind for order in orders if not order.tool) == {"near miss": 30}


def test_the_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = silent(tmp_path)
    plan = make_plan(found)
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict())), found.tools) == plan
    assert plan_lines(plan)[0].startswith("set_light: 100 rows to write, 5 there (")


def _changed(found: Material, *path: str, value: Any) -> dict[str, Any]:
    document = make_plan(found).to_dict()
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("tools", "play_music", "rows"), 20_000, "It must be from 1 to 10,000"),
        (("tools", "play_music", "rows"), -1, "must be a whole number from 0"),
        (("tools", "sing"), {}, "'sing', which is not in tools.json"),
        (("tools", "play_music", "kinds"), {"song": 1}, "'song'; known are question"),
        (("tools", "play_music", "values"), {"loud": []}, "'loud', which is no argument of play_music"),
        (("tools", "set_light", "values", "room"), [{"value": [], "have": 0, "rows": 1}], "must be a text, a number"),
        (("schema",), 2, "has schema 2"),
        (("languages",), {"x" * 21: 1}, "short names"),
    ],
)
def test_a_wrong_document_is_refused_with_its_place(
    tmp_path: Path, path: tuple[str, ...], value: Any, message: str
) -> None:
    found = material(tmp_path)
    with pytest.raises(InputError, match=message):
        Plan.from_dict(_changed(found, *path, value=value), found.tools)


def test_each_row_of_the_plan_has_an_order(tmp_path: Path) -> None:
    plan = make_plan(material(tmp_path))
    orders = orders_of(plan, 42)
    assert orders == orders_of(plan, 42)
    assert orders != orders_of(plan, 43)
    light = [order for order in orders if order.tool == "set_light"]
    goal = plan.tools[0]
    assert Counter(order.kind for order in light) == apportion(100, goal.kinds)
    assert set(apportion(100, goal.kinds)) == set(KINDS)
    assert Counter(order.language for order in light) == apportion(100, plan.languages)
    assert Counter(order.without for order in light)[("level",)] <= 10
    for one in goal.values["room"]:
        assert sum(order.arguments.get("room") == one.value for order in light) == one.rows
    assert not any(name in order.arguments for order in light for name in order.without)


def test_a_user_may_change_the_rows_of_a_tool_alone(tmp_path: Path) -> None:
    found = material(tmp_path)
    plan = Plan.from_dict(_changed(found, "tools", "set_light", "rows", value=7), found.tools)
    assert sum(order.tool == "set_light" for order in orders_of(plan, 42)) == 7


def test_requests_take_turns_and_give_an_order_up(tmp_path: Path) -> None:
    orders = orders_of(make_plan(material(tmp_path)), 42)
    tries: Counter[int] = Counter()
    tools = []
    while chosen := next_orders(orders, (), tries, 20):
        assert len({orders[at].tool for at in chosen}) == 1
        tools.append(orders[chosen[0]].tool)
        tries.update(chosen)
    assert set(tries.values()) == {MOST_TRIES}
    assert len(tries) == len(orders)
    assert next_orders(orders, range(len(orders)), {}) == ()


def test_the_plan_says_nothing_of_held_out_rows(cycling: Any) -> None:
    """A value that only held-out rows have is in no plan."""
    found = read_material(cycling.dataset, cycling.tools, CheckOptions(declarations="none"))
    _, rows = load_dataset(cycling.dataset, cycling.tools)
    secret = Example("s", 1, "a secret", (replace(rows[0].calls[0], arguments={"query": "zebra"}),))
    plan = make_plan(replace(found, held_out=(*found.held_out, secret)))
    assert "zebra" not in json.dumps(plan.to_dict())
