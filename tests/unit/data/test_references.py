"""Arguments that may be null, and references inside one tools.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.data.brought import after, book, check, errors, fixed, parameters_of
from tests.unit.data.builders import argument, call

NULL = {"type": "null"}


@pytest.mark.parametrize(
    "nullable",
    [
        {"type": ["integer", "null"]},
        {"type": ["null", "integer"]},
        {"anyOf": [{"type": "integer"}, NULL]},
        {"oneOf": [NULL, {"type": "integer"}]},
        {"anyOf": [{"type": "integer"}, {"const": None}]},
        {"anyOf": [{"$ref": "#/$defs/Count"}, NULL]},
        {"$ref": "#/$defs/Maybe"},
        {"allOf": [{"$ref": "#/$defs/Maybe"}]},
        {"type": "integer", "nullable": True},
        {"type": "Optional[int]"},
        {"type": "int | None"},
        {"type": "int, optional"},
    ],
)
def test_a_nullable_argument_is_optional(nullable: dict[str, Any], tmp_path: Path) -> None:
    defs = {"Count": {"type": "integer"}, "Maybe": {"anyOf": [{"type": "integer"}, NULL]}}
    tools = book({"place": argument("string"), "people": {**nullable, "description": "x"}}, ["place", "people"])
    tools[0]["function"]["parameters"]["$defs"] = defs
    cells = [
        call("book", place="Luigi's", people=None),
        call("book", place="Anchor", people=4),
        call("book", place="Ulm"),
    ]
    plan = fixed(tmp_path, tools, *cells)
    assert parameters_of(plan)["required"] == ["place"]
    assert parameters_of(plan)["properties"]["people"]["type"] == "integer"
    assert "$defs" not in parameters_of(plan)
    assert not errors(after(tmp_path, plan))


def test_a_nested_nullable_argument_is_optional(tmp_path: Path) -> None:
    inner = {
        "type": "object",
        "description": "x",
        "properties": {"at": {"type": ["string", "null"]}},
        "required": ["at"],
    }
    plan = fixed(tmp_path, book({"when": inner}, ["when"]), call("book", when={}))
    assert parameters_of(plan)["properties"]["when"]["required"] == []
    assert not errors(after(tmp_path, plan))


STOP = {"type": "object", "description": "Start.", "properties": {"city": argument("string")}, "required": ["city"]}


@pytest.mark.parametrize(
    ("reference", "defs"),
    [
        ("#/properties/from", {}),
        ("#/$defs/Stop", {"$defs": {"Stop": STOP}}),
        ("#/definitions/Stop", {"definitions": {"Stop": STOP}}),
        ("#/$defs/A~1B", {"$defs": {"A/B": STOP}}),
        ("#/$defs/A~0B", {"$defs": {"A~B": STOP}}),
        ("#/$defs/My%20Stop", {"$defs": {"My Stop": STOP}}),
        ("#/$defs/Alias", {"$defs": {"Alias": {"$ref": "#/$defs/Stop"}, "Stop": STOP}}),
        ("#stop", {"$defs": {"Stop": {**STOP, "$anchor": "stop"}}}),
        ("https://x.example/stop", {"$defs": {"Stop": {**STOP, "$id": "https://x.example/stop"}}}),
        ("#/$defs/Both/anyOf/0", {"$defs": {"Both": {"anyOf": [STOP, {"type": "null"}]}}}),
        ("#/components/schemas/Stop", {}),
    ],
)
def test_a_reference_is_written_out(reference: str, defs: dict[str, Any], tmp_path: Path) -> None:
    to = {"$ref": reference, "description": "Goal."}
    function = {
        "name": "plan_trip",
        "description": "Plan a trip.",
        "inputSchema": {"type": "object", "properties": {"from": STOP, "to": to}, "required": ["from", "to"], **defs},
    }
    tools = {"tools": [function], "components": {"schemas": {"Stop": STOP}}}
    cell = call("plan_trip", **{"from": {"city": "Bath"}, "to": {"city": "York"}})
    plan = fixed(tmp_path, tools, cell)
    assert parameters_of(plan)["properties"] == {"from": STOP, "to": {**STOP, "description": "Goal."}}
    assert not errors(after(tmp_path, plan))
    assert "calls-missing-argument" in errors(
        check(tmp_path, tools, call("plan_trip", **{"from": {"city": "a"}, "to": {}}))
    )


@pytest.mark.parametrize(
    "properties",
    [
        {"tree": argument("object", properties={"child": {"$ref": "#/properties/tree"}, "name": argument("string")})},
        {"tree": {"$ref": "#/$defs/Node", "description": "x"}},
        {"tree": argument("array", items={"$ref": "#/properties/tree"})},
        {"tree": {"$ref": "#/$defs/One"}},
        {"tree": argument("object", properties={"whole": {"$ref": "#"}})},
    ],
)
def test_a_recursive_schema_is_told_once_and_its_fix_ends(properties: dict[str, Any], tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}}
    others = {"One": {"anyOf": [{"$ref": "#/$defs/Two"}]}, "Two": {"anyOf": [{"$ref": "#/$defs/One"}]}}
    tools = book(properties, [], **{"$defs": {"Node": node, **others}})
    cell = call("book", tree=[] if properties["tree"].get("type") == "array" else {})
    report = check(tmp_path, tools, cell)
    told = [issue for issue in report.issues if issue.code == "tools-recursive"]
    assert len(told) == 1
    assert told[0].fix
    plan = fixed(tmp_path, tools, cell, codes=["tools-recursive"])
    assert "$ref" not in plan.tools_text
    assert not errors(after(tmp_path, plan))


def test_references_that_multiply_end(tmp_path: Path) -> None:
    defs = {
        f"D{at}": {"type": "object", "properties": {k: {"$ref": f"#/$defs/D{at + 1}"} for k in "abcd"}}
        for at in range(20)
    }
    tools = book({"x": {"$ref": "#/$defs/D0"}}, [], **{"$defs": {**defs, "D20": {"type": "string"}}})
    assert len(fixed(tmp_path, tools, call("book")).tools_text) < 30_000_000
