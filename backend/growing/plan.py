"""The plan: which rows are missing, for each tool and each closed value. It is a plain document that a user changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.data.text import guess_code
from backend.document import Damaged, Field, check_schema
from backend.errors import InputError
from backend.growing.kinds import KINDS, apportion, kind_weights
from backend.growing.material import Material, rows_of_tool
from backend.growing.values import closed_arguments, uses_of, value_key
from backend.records import Example, Tool

SCHEMA = 1
ROWS_A_TOOL = 100
"""The rows that are written for a tool with fewer: with 100, sets of 60 and 70 rows gained 34 points or more."""
NEAR_MISSES = 30
MOST_ROWS = 10_000
LEFT_OUT_SHARE = 0.1
"""The share of a tool's rows that leave an optional argument out."""
_LANGUAGE_SHARE = 0.03
_FEWEST_OF_LANGUAGE = 2


@dataclass(frozen=True, slots=True)
class ValueGoal:
    """A closed value: the rows that have it, and the rows to write with it."""

    value: Any
    have: int
    rows: int


@dataclass(frozen=True, slots=True)
class ToolGoal:
    """The rows to write for a tool: `kinds` and `languages` are weights, the others numbers of rows.

    `have` counts the training rows, `languages` are ISO 639-1 codes, and `left_out` names optional arguments.
    """

    tool: str
    have: int
    rows: int
    kinds: Mapping[str, int]
    languages: Mapping[str, int]
    values: Mapping[str, tuple[ValueGoal, ...]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns the goal as one JSON object."""
        values = {
            name: [{"value": one.value, "have": one.have, "rows": one.rows} for one in goals]
            for name, goals in self.values.items()
        }
        whole = {"have": self.have, "rows": self.rows, "kinds": dict(self.kinds), "languages": dict(self.languages)}
        return {**whole, "values": values, "left_out": dict(self.left_out)}


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows to write: those of each tool, and those without a call; `languages` are the weights of the latter."""

    tools: tuple[ToolGoal, ...]
    languages: Mapping[str, int]
    near_misses: int = 0
    off_topic: int = 0

    @property
    def rows(self) -> int:
        """The number of rows to write."""
        return sum(goal.rows for goal in self.tools) + self.near_misses + self.off_topic

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan as one JSON object."""
        tools = {goal.tool: goal.to_dict() for goal in self.tools}
        silent = {"near_misses": self.near_misses, "off_topic": self.off_topic}
        return {"schema": SCHEMA, "tools": tools, "languages": dict(self.languages), **silent}

    @classmethod
    def from_dict(cls, value: object, tools: Sequence[Tool], source: str = "The plan") -> Plan:
        """Returns the plan in a JSON object. Raises InputError if a field is wrong or names nothing of `tools`."""
        document, known = Field(source, value), {tool.name: tool for tool in tools}
        check_schema(document, SCHEMA)
        goals = tuple(_goal(name, goal, known) for name, goal in document["tools"].items().items())
        silent = {name: document[name].count() for name in ("near_misses", "off_topic")}
        plan = cls(goals, _weights(document["languages"]), **silent)
        if not 0 < plan.rows <= MOST_ROWS:
            raise InputError(f"{source} asks for {plan.rows:,} rows. It must be from 1 to {MOST_ROWS:,}.")
        return plan


def make_plan(material: Material, rows_a_tool: int = ROWS_A_TOOL) -> Plan:
    """Returns the rows that are missing; a tool with `rows_a_tool` training rows gets those of its rare values only.

    Near misses are planned if the options allow rows without a call.
    """
    languages = _languages(material.given)
    goals = tuple(_tool_goal(tool, material, languages, rows_a_tool) for tool in material.tools)
    silent = NEAR_MISSES if material.options.allow_no_call else 0
    return Plan(goals, languages, near_misses=max(0, silent - len(rows_of_tool(material.train, ""))))


def plan_lines(plan: Plan) -> list[str]:
    """Returns the plan as lines of text: one for each tool, and one for each closed argument."""
    lines = []
    for goal in plan.tools:
        kinds = ", ".join(f"{rows} {name}" for name, rows in apportion(goal.rows, goal.kinds).items() if rows)
        lines.append(f"{goal.tool}: {goal.rows} rows to write, {goal.have} there{f' ({kinds})' if kinds else ''}")
        for name, values in goal.values.items():
            shown = ", ".join(f"{value_key(one.value)} {one.rows} (+{one.have})" for one in values)
            lines.append(f"  {name}: {shown}")
        lines += [f"  without {name}: {rows}" for name, rows in goal.left_out.items() if rows]
    silent = {"near misses": plan.near_misses, "off-topic messages": plan.off_topic}
    return [*lines, *(f"{name} without a call: {rows}" for name, rows in silent.items() if rows)]


def _tool_goal(tool: Tool, material: Material, languages: Mapping[str, int], rows_a_tool: int) -> ToolGoal:
    given, have = rows_of_tool(material.given, tool.name), rows_of_tool(material.train, tool.name)
    closed = closed_arguments(tool, given)
    grown = len(have) - len(given)
    wanted = max(0, rows_a_tool - grown) if len(given) < rows_a_tool else 0
    values = {name: _value_goals(tool.name, name, known, have, wanted) for name, known in closed.items()}
    rows = max([wanted, *(sum(one.rows for one in goals) for goals in values.values())])
    optional = [name for name in tool.properties if name not in tool.required]
    left_out = {name: round(LEFT_OUT_SHARE * rows) for name in optional}
    kinds = kind_weights([row.message for row in given], rows)
    return ToolGoal(tool.name, len(have), rows, kinds, dict(languages), values, left_out)


def _value_goals(
    tool: str, argument: str, known: Mapping[str, Any], have: Sequence[Example], rows: int
) -> tuple[ValueGoal, ...]:
    """Returns the rows of each value, so that all values become as frequent as possible with `rows` new ones.

    Without new rows, a value gets those that it lacks to a tenth of an even share.
    """
    uses = uses_of(tool, argument, have)
    even = (rows + sum(uses[key] for key in known)) / len(known)
    goal = even if rows else even / 10
    missing = {key: max(0.0, goal - uses[key]) for key in known}
    shares = apportion(rows or round(sum(missing.values())), missing)
    return tuple(ValueGoal(value, uses[key], shares[key]) for key, value in known.items())


def _languages(rows: Sequence[Example]) -> dict[str, int]:
    """Returns the number of rows in each language that several rows have; English if none is recognised."""
    found = Counter(code for row in rows if (code := guess_code(row.message)))
    enough = max(_FEWEST_OF_LANGUAGE, _LANGUAGE_SHARE * found.total())
    return {code: number for code, number in found.most_common() if number >= enough} or {"en": 1}


def _goal(name: str, field: Field, tools: Mapping[str, Tool]) -> ToolGoal:
    if name not in tools:
        raise Damaged(field.source, f"tools names {name!r}, which is not in tools.json ({', '.join(tools)})")
    return ToolGoal(
        name,
        field["have"].count(),
        field["rows"].count(),
        _weights(field["kinds"], KINDS),
        _weights(field["languages"]),
        {
            argument: tuple(_value_goal(one) for one in goals.list())
            for argument, goals in _of_tool(field["values"], tools[name]).items()
        },
        {argument: rows.count() for argument, rows in _of_tool(field["left_out"], tools[name]).items()},
    )


def _of_tool(field: Field, tool: Tool) -> dict[str, Field]:
    """Returns the fields of an object whose names are arguments of the tool. Raises InputError if one is not."""
    found = field.items()
    if unknown := found.keys() - tool.properties.keys():
        raise Damaged(field.source, f"{field.at} names {min(unknown)!r}, which is no argument of {tool.name}")
    return found


def _value_goal(field: Field) -> ValueGoal:
    value = field["value"].value
    if not isinstance(value, str | int | float):
        raise field["value"].damage("a text, a number, true or false")
    return ValueGoal(value, field["have"].count(), field["rows"].count())


def _weights(field: Field, names: Mapping[str, Any] | None = None) -> dict[str, int]:
    """Returns weights by name, one of them above 0. Raises InputError for a name that is not in `names`."""
    found = {name: weight.count() for name, weight in field.items().items()}
    if names is not None and (unknown := found.keys() - names.keys()):
        raise Damaged(field.source, f"{field.at} names {min(unknown)!r}; known are {', '.join(names)}")
    if any(len(name) > 20 for name in found):
        raise field.damage("an object of short names")
    return found
