"""Types and spellings of other dialects, and enums of any type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.data.brought import after, book, check, errors, fixed, parameters_of
from tests.unit.data.builders import argument, call, tool


@pytest.mark.parametrize(
    ("word", "schema", "required"),
    [
        ("str", {"type": "string"}, True),
        ("int, optional", {"type": "integer"}, False),
        ("List[Union[int, float]]", {"type": "array", "items": {"type": "number"}}, True),
        ("Dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}, True),
        ("Optional[List[str]]", {"type": "array", "items": {"type": "string"}}, False),
        ("Literal['a', 'b']", {"type": "string", "enum": ["a", "b"]}, True),
        ("typing.Sequence[bool]", {"type": "array", "items": {"type": "boolean"}}, True),
        ("list of strings", {"type": "array", "items": {"type": "string"}}, True),
        ("number[]", {"type": "array", "items": {"type": "number"}}, True),
        ("Array<string> | null", {"type": "array", "items": {"type": "string"}}, False),
        ("dict", {"type": "object"}, True),
    ],
)
def test_arguments_without_properties_are_read(
    word: str, schema: dict[str, Any], required: bool, tmp_path: Path
) -> None:
    function = {"name": "book", "description": "Book.", "parameters": {"what": {"description": "x", "type": word}}}
    report = check(tmp_path, [function], call("book"))
    assert {key: report.tools[0].properties["what"].get(key) for key in schema} == schema
    assert report.tools[0].required == (("what",) if required else ())
    spelled = [issue.message for issue in report.issues if issue.code == "tools-upper-case-type"]
    assert len(spelled) == 1
    assert schema["type"] in spelled[0]
    plan = fixed(tmp_path, [function], call("book"))
    assert parameters_of(plan)["properties"]["what"] == {"description": "x", **schema}


def test_enums_of_any_type(tmp_path: Path) -> None:
    items = argument("array", items={"type": "integer", "enum": [10, 20]})
    swing, mix = argument("boolean", enum=[True]), {"description": "x", "enum": ["auto", 1]}
    tools = book({"steps": items, "swing": swing, "code": argument("integer", enum=["1", "2"]), "mix": mix}, [])
    cells = [call("book", steps=[10, 30]), call("book", swing=False), call("book", code=1), call("book", mix=1)]
    issues = check(tmp_path, tools, *cells).issues
    unseen = [issue.column for issue in issues if issue.code == "tools-enum-not-string" and issue.column]
    assert [path.split(".")[-2] for path in unseen] == ["swing", "code"]
    assert any("Allowed: true." in issue.message for issue in issues)
    codes = ["tools-enum-invalid", "tools-type-undecided", "tools-enum-not-string", "calls-wrong-type"]
    plan = fixed(tmp_path, tools, *cells[2:], codes=codes)
    properties = parameters_of(plan)["properties"]
    assert properties["code"]["enum"] == [1, 2]
    assert properties["code"]["description"] == "What it is. Allowed: 1, 2."
    assert properties["mix"] == {"type": "string", "description": "x", "enum": ["auto", "1"]}
    assert call("book", mix="1") in plan.csv_text.replace('""', '"')
    assert not errors(after(tmp_path, plan))


SPELLED = [
    "// my tools\n[\n  {TOOL},\n]\n",
    '/* many\nlines */ [ {TOOL} /* "x" */ ]',
    "# python\n[{TOOL},]",
    "```json\n[{TOOL}]\n```",
    "{TOOL}\n{TOOL2}\n",
    "{TOOL}\n\n// next\n{TOOL2},\n",
    "[{TOOL}]\n[{TOOL2}]",
]


@pytest.mark.parametrize("spelled", SPELLED)
def test_a_relaxed_text_is_read_and_written_as_json(spelled: str, tmp_path: Path) -> None:
    one, two = (tool(name, "Go to https://x.example // now, ] }", {"a": argument("string")}) for name in ("stop", "go"))
    text = spelled.replace("{TOOL}", json.dumps(one, indent=1)).replace("{TOOL2}", json.dumps(two))
    report = check(tmp_path, text, call("stop"))
    assert [found.name for found in report.tools] == (["stop", "go"] if "TOOL2" in spelled else ["stop"])
    assert errors(report) == set()
    plan = fixed(tmp_path, text, call("stop"))
    assert [item["function"]["description"] for item in json.loads(plan.tools_text)] == [
        one["function"]["description"]
    ] * len(report.tools)


def test_python_and_javascript_are_read(tmp_path: Path) -> None:
    one = tool("stop", 'Don\'t say "now".', {"a": argument("boolean", default=True, title=None)})
    for text in (str([one]), "[{type: 'function', function: {name: 'stop', description: 'Don\\'t say \"now\".'}}]"):
        report = check(tmp_path, text, call("stop"))
        assert [found.description for found in report.tools] == ['Don\'t say "now".']


def test_tools_in_an_object_by_name_are_read(tmp_path: Path) -> None:
    function = tool("stop", "Stop.", {"a": argument("string")})["function"]
    named = {"stop": {key: value for key, value in function.items() if key != "name"}}
    assert not errors(check(tmp_path, named, call("stop")))
    plan = fixed(tmp_path, named, call("stop"))
    assert json.loads(plan.tools_text) == [{"type": "function", "function": function}]


def test_an_enum_of_flags_with_the_type_string_becomes_boolean(tmp_path: Path) -> None:
    plan = fixed(
        tmp_path,
        book({"on": argument("string", enum=[True, False])}, []),
        call("book", on=True),
        codes=["tools-enum-mixed"],
    )
    assert parameters_of(plan)["properties"]["on"]["type"] == "boolean"
    assert not errors(after(tmp_path, plan))
