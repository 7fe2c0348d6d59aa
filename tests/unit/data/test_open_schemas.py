"""Tuples, open arrays and open objects, and keywords without effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.data.brought import after, book, check, errors, fixed, parameters_of
from tests.unit.data.builders import argument, call

TUPLE = [{"type": "integer"}] * 4
BOXES = [
    {"prefixItems": TUPLE, "items": False, "minItems": 4},
    {"items": TUPLE, "additionalItems": False, "minItems": 4},
    {"items": TUPLE, "minItems": 4, "maxItems": 4},
]


@pytest.mark.parametrize("box", BOXES)
def test_a_tuple_is_checked_item_by_item_and_offered_in_two_forms(box: dict[str, Any], tmp_path: Path) -> None:
    tools = book({"box": argument("array", "Left, top, right, bottom.", **box)}, ["box"])
    good, bad, short = call("book", box=[0, 0, 100, 50]), call("book", box=["a", 1, 2, 3]), call("book", box=[1, 2])
    assert not errors(check(tmp_path, tools, good))
    for wrong in (bad, short):
        assert errors(check(tmp_path, tools, wrong)) == {"calls-wrong-type"}
    array = fixed(tmp_path, tools, good, codes=["tools-tuple"])
    assert parameters_of(array)["properties"]["box"]["items"] == {"type": "integer"}
    named = fixed(tmp_path, tools, good, codes=["tools-tuple-names"])
    assert list(parameters_of(named)["properties"]["box"]["properties"]) == ["left", "top", "right", "bottom"]
    assert call("book", box={"left": 0, "top": 0, "right": 100, "bottom": 50}) in named.csv_text.replace('""', '"')
    for plan in (array, named):
        assert not errors(after(tmp_path, plan))


def test_an_open_array_gets_the_items_of_the_rows(tmp_path: Path) -> None:
    grid = argument("array", items={"type": "array"})
    tools = book({"tags": argument("array"), "grid": grid}, [])
    cells = [call("book", tags=["a", "b"], grid=[[1], [2.5]]), call("book", tags=["c", 7])]
    found = {issue.column: issue for issue in check(tmp_path, tools, *cells).issues if issue.code == "tools-open-array"}
    assert [path.rpartition(".")[2] for path in found if path] == ["tags", "items"]
    plan = fixed(tmp_path, tools, *cells, codes=["tools-open-array"])
    assert parameters_of(plan)["properties"]["tags"]["items"] == {"type": "string"}
    assert parameters_of(plan)["properties"]["grid"]["items"]["items"] == {"type": "number"}
    assert errors(after(tmp_path, plan)) == {"calls-wrong-type"}


def test_items_on_a_string_become_an_array_in_both_files(tmp_path: Path) -> None:
    tools = book({"value": argument("string", items={"type": "string"}, required=True)}, [])
    cells = [call("book", value="monday"), call("book", value=["monday", "friday"])]
    messages = [issue.message for issue in check(tmp_path, tools, *cells).issues]
    assert any(" is true." in message for message in messages)
    plan = fixed(tmp_path, tools, *cells, codes=["tools-keyword-without-effect", "tools-required-not-a-list"])
    assert parameters_of(plan)["required"] == ["value"]
    assert call("book", value=["monday"]) in plan.csv_text.replace('""', '"')
    assert not errors(after(tmp_path, plan))


def test_keys_of_an_open_object_are_checked_and_renamed(tmp_path: Path) -> None:
    fields = argument("object", additionalProperties={"type": "string"}, title="Fields")
    tools = book({"fields": fields}, ["fields"])
    keys = {"home town": "Ulm", "Straße": "x", "call": "y", "1st": "z", "phone": "w"}
    report = check(tmp_path, tools, call("book", fields=keys), call("book", fields={"phone": 5.5}))
    assert errors(report) == {"calls-bad-key", "calls-wrong-type"}
    assert report.tools[0].properties["fields"]["properties"] == {}
    plan = fixed(tmp_path, tools, call("book", fields=keys), codes=["calls-bad-key"])
    new = {"home_town": "Ulm", "Strasse": "x", "call_value": "y", "argument_1st": "z", "phone": "w"}
    assert call("book", fields=new) in plan.csv_text.replace('""', '"')
    assert not errors(after(tmp_path, plan))


def test_alternatives_become_one_object_with_the_arguments_of_all(tmp_path: Path) -> None:
    kinds = [
        {
            "type": "object",
            "properties": {"kind": {"const": kind}, name: {"type": "string"}},
            "required": ["kind", name],
        }
        for kind, name in (("home", "street"), ("work", "firm"))
    ]
    tools = book({"place": {"description": "x", "oneOf": kinds}}, ["place"])
    cells = [
        call("book", place={"kind": "home", "street": "Am Hang"}),
        call("book", place={"kind": "work", "firm": "y"}),
    ]
    plan = fixed(tmp_path, tools, *cells, codes=["tools-several-types"])
    place = parameters_of(plan)["properties"]["place"]
    assert place["properties"]["kind"] == {"type": "string", "enum": ["home", "work"]}
    assert place["required"] == ["kind"]
    assert not errors(after(tmp_path, plan))


def test_open_parameters_get_the_arguments_of_the_rows(tmp_path: Path) -> None:
    tools = book({}, [])
    tools[0]["function"]["parameters"] = {"type": "object", "additionalProperties": {"type": "string"}}
    cells = [call("book", place="a"), call("book", place="b")]
    assert errors(check(tmp_path, tools, *cells)) == {"calls-unknown-argument"}
    plan = fixed(tmp_path, tools, *cells, codes=["tools-open-object"])
    assert parameters_of(plan)["properties"] == {"place": {"type": "string"}}
    assert not errors(after(tmp_path, plan))
