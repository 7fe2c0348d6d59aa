"""A call is refused exactly if an app could not carry it out, and a suggestion is a call that is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.calls import check_arguments
from backend.records import Call, Tool
from backend.scoring import refusal, suggestion

COLOUR = {"type": "string", "enum": ["red", "green", "Amber", "light blue"]}
TOOL = Tool(
    "set_light",
    "Switches a light.",
    {
        "type": "object",
        "properties": {
            "room": {"type": "string"},
            "colour": COLOUR,
            "level": {"type": "integer"},
            "scenes": {"type": "array", "items": COLOUR},
            "at": {"type": "object", "properties": {"hour": {"type": "integer"}}, "required": ["hour"]},
        },
        "required": ["room"],
    },
)
TOOLS = {TOOL.name: TOOL}


def call(**arguments: Any) -> Call:
    return Call("set_light", {"room": "hall", **arguments})


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        (Call("set_lamp"), "unknown tool", 'There is no tool named "set_lamp".'),
        (Call("set_light"), "missing argument", 'The argument "room" is missing.'),
        (call(room=None), "missing argument", 'The argument "room" must not be null.'),
        (call(at={"hour": None}), "missing argument", 'The argument "at.hour" must not be null.'),
        (call(size=1), "unknown argument", 'There is no argument "size"'),
        (call(size=None), "unknown argument", 'There is no argument "size"'),
        (call(level="1"), "wrong type", 'The argument "level" is "1", a string; needed: an integer.'),
        (call(level=2**63), "wrong type", "a number of at most 64 bits"),
        (call(level=-(10**400)), "wrong type", "a number of at most 64 bits"),
        (call(scenes=["red", None]), "wrong type", 'The argument "scenes[1]" is'),
        (call(colour="pink"), "value not allowed", 'The argument "colour" is "pink"; allowed:'),
        (call(scenes=["red", "blue"]), "value not allowed", 'The argument "scenes[1]" is "blue"'),
    ],
)
def test_a_refusal_names_its_class_and_the_argument(asked: Call, kind: str, said: str) -> None:
    found = refusal(asked, TOOLS)
    assert found is not None
    assert found.kind == kind
    assert said in found.reason


@pytest.mark.parametrize(
    "arguments", [{}, {"level": None}, {"level": 5.0}, {"at": {"hour": 7}}, {"scenes": []}, {"colour": "light blue"}]
)
def test_what_the_tool_declares_is_accepted(arguments: dict[str, Any]) -> None:
    assert refusal(call(**arguments), TOOLS) is None
    assert suggestion(call(**arguments), TOOLS) is None


@pytest.mark.parametrize(
    ("given_value", "near"),
    [
        ("RED", "red"), ("rod", "red"), ("read", "red"), ("road", None), ("blue", None), ("light-blue", "light blue"),
        ("lihgt blue", "light blue"), ("lite bloe", None), ("grean", "green"), ("amber", "Amber"), ("", None),
        (5, None),
    ],
)  # fmt: skip
def test_a_suggestion_is_the_one_near_value(given_value: Any, near: str | None) -> None:
    assert suggestion(call(colour=given_value), TOOLS) == (call(colour=near) if near else None)


@pytest.mark.parametrize(
    ("given_value", "allowed", "near"),
    [
        ("8km", "5km", False), ("19:30", "19:00", False), ("v2.0", "v1.0", False), ("5km", "5kms", True),
        ("Sunday", "Monday", False), ("unable", "enable", False), ("enabel", "enable", True), ("enale", "enable", True),
        ("enabling", "enable", False), ("ebanle", "enable", False), ("xn", "on", False), ("no", "on", False),
        ("ON", "on", True), ("bedromo", "bedroom", True), ("bdeorom", "bedroom", False),
        ("wensday", "Wednesday", True), ("wednesdya", "Wednesday", True), ("wensdya", "Wednesday", False),
    ],
)  # fmt: skip
def test_near_is_a_misspelling_and_not_another_value(given_value: str, allowed: str, near: bool) -> None:
    only = {"set": Tool("set", "", {"type": "object", "properties": {"c": {"type": "string", "enum": [allowed]}}})}
    assert suggestion(Call("set", {"c": given_value}), only) == (Call("set", {"c": allowed}) if near else None)


def test_two_near_values_or_another_fault_give_no_suggestion() -> None:
    light = {
        "light": Tool("light", "", {"type": "object", "properties": {"c": {"type": "string", "enum": ["a1", "A1"]}}})
    }
    assert suggestion(Call("light", {"c": "a1 "}), light) is None
    assert suggestion(call(colour="rod", size=1), TOOLS) is None
    assert suggestion(call(colour="rod", scenes=["pink"]), TOOLS) is None


def test_every_near_value_is_replaced_at_its_place_and_the_call_stays_as_it_was() -> None:
    asked = call(colour="Red", scenes=["amber", "red", "GREEN"])
    assert suggestion(asked, TOOLS) == call(colour="red", scenes=["Amber", "red", "green"])
    assert asked == call(colour="Red", scenes=["amber", "red", "GREEN"])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["red", "rad", "Green", "light blu", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["hour", "x"]), inner, max_size=2),
    max_leaves=4,
)
NAMES = st.sampled_from(["room", "colour", "level", "scenes", "at", "size"])


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_refused_is_what_the_data_check_refuses_and_a_suggestion_is_accepted(arguments: dict[str, Any]) -> None:
    asked = Call("set_light", arguments)
    if any(check_arguments(TOOL, arguments)):
        assert refusal(asked, TOOLS) is not None
    offered = suggestion(asked, TOOLS)
    if offered is not None:
        assert refusal(asked, TOOLS) is not None
        assert refusal(offered, TOOLS) is None
