"""The orders: one for each row of a plan, and which of them the next request asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from random import Random
from typing import Any, TypeVar

from backend.growing.kinds import NEAR_MISS, OFF_TOPIC, apportion
from backend.growing.plan import Plan, ToolGoal, ValueGoal

T = TypeVar("T")
ROWS_A_REQUEST = 20
MOST_TRIES = 3
"""The requests that ask for the same row before it is given up."""


@dataclass(frozen=True, slots=True)
class Order:
    """One row to write: its tool (empty for a row without a call), kind and language.

    `arguments` are values that the call must have, `without` are arguments that it must not have.
    """

    tool: str
    kind: str
    language: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def to_dict(self, number: int) -> dict[str, Any]:
        """Returns the order with its number as a teacher reads it."""
        known = {"n": number, "tool": self.tool or None, "kind": self.kind, "language": self.language}
        arguments = {"arguments": dict(self.arguments)} if self.arguments else {}
        return {**known, **arguments, **({"without": list(self.without)} if self.without else {})}


def orders_of(plan: Plan, seed: int) -> tuple[Order, ...]:
    """Returns an order for each row of the plan; the same plan and seed give the same orders."""
    orders = list(chain.from_iterable(_of_tool(goal, seed) for goal in plan.tools))
    for kind, rows in ((NEAR_MISS, plan.near_misses), (OFF_TOPIC, plan.off_topic)):
        languages = _shuffled(_expanded(apportion(rows, plan.languages)), rows, "en", f"{seed}:{kind}")
        orders += [Order("", kind, language) for language in languages]
    return tuple(orders)


def next_orders(
    orders: tuple[Order, ...], kept: Collection[int], tries: Mapping[int, int], rows: int = ROWS_A_REQUEST
) -> tuple[int, ...]:
    """Returns the positions of the orders for the next request, at most `rows`, all of one tool; empty at the end.

    `kept` are the positions that have a row, `tries` counts the requests of each position. Tools take turns.
    """
    open_orders = [at for at in range(len(orders)) if at not in kept and tries.get(at, 0) < MOST_TRIES]
    if not open_orders:
        return ()
    waiting = Counter(orders[at].tool for at in open_orders)
    tool = max(waiting, key=lambda name: (waiting[name], name))
    fewest = sorted((at for at in open_orders if orders[at].tool == tool), key=lambda at: (tries.get(at, 0), at))
    return tuple(fewest[:rows])


def _of_tool(goal: ToolGoal, seed: int) -> list[Order]:
    place = f"{seed}:{goal.tool}"
    kinds = _shuffled(_expanded(apportion(goal.rows, goal.kinds)), goal.rows, "order", f"{place}:kind")
    languages = _shuffled(_expanded(apportion(goal.rows, goal.languages)), goal.rows, "en", f"{place}:language")
    arguments = _fixed(goal, place)
    without = _without(goal, arguments, place)
    return [
        Order(goal.tool, kind, language, fixed, left_out)
        for kind, language, fixed, left_out in zip(kinds, languages, arguments, without, strict=True)
    ]


def _fixed(goal: ToolGoal, place: str) -> list[dict[str, Any]]:
    """Returns the fixed values of each row."""
    rows: list[dict[str, Any]] = [{} for _ in range(goal.rows)]
    for name, goals in goal.values.items():
        values: list[ValueGoal | None] = [one for one in goals for _ in range(one.rows)]
        for row, one in zip(rows, _shuffled(values, goal.rows, None, f"{place}:{name}"), strict=True):
            if one is not None:
                row[name] = one.value
    return rows


def _without(goal: ToolGoal, arguments: list[dict[str, Any]], place: str) -> list[tuple[str, ...]]:
    """Returns the arguments that each row leaves out; their fixed values are removed from `arguments`."""
    left_out: list[list[str]] = [[] for _ in range(goal.rows)]
    for name, number in goal.left_out.items():
        for at in Random(f"{place}:without:{name}").sample(range(goal.rows), min(number, goal.rows)):
            left_out[at].append(name)
            arguments[at].pop(name, None)
    return [tuple(names) for names in left_out]


def _expanded(counts: Mapping[str, int]) -> Iterable[str]:
    return chain.from_iterable(repeat(name, number) for name, number in counts.items())


def _shuffled(values: Iterable[T], rows: int, filler: T, seed: str) -> list[T]:
    """Returns exactly `rows` values in a random order, filled up with `filler`."""
    found = list(islice(chain(values, repeat(filler)), rows))
    Random(seed).shuffle(found)
    return found
