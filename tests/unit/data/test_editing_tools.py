"""Tools that are edited on the page: their form, what it keeps, and the rows that are renamed with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.data import CheckOptions, check_files
from backend.data.editing import (
    ArgumentForm,
    Edited,
    EditRequest,
    Form,
    TextForm,
    ToolForm,
    edit,
    open_form,
    place_of_issue,
    problems_of,
    read_place,
    reshaped,
)
from backend.data.rules import all_rules
from backend.data.text import MAX_TOOLS_BYTES
from backend.errors import InputError
from backend.records import Issue
from tests.unit.data.builders import LIGHT, MUSIC, TOOLS, call, csv_of, write_files
from tests.unit.data.test_editing_rows import HOSTILE, typed

OPTIONS = CheckOptions(declarations="none")
MCP = {"name": "go", "description": "Go.", "inputSchema": {"type": "object", "properties": {"to": {"type": "string"}}}}
ODD = {"type": ["string", "null"], "minLength": 2, "description": 5, "enum": [1, "a"]}


def opened(folder: Path, place: str, tools: Any = TOOLS) -> Form:
    """The form of a place beside the small set."""
    paths = write_files(folder, csv_of(), tools)
    found = read_place(place)
    assert found is not None
    return open_form(*paths, found)


def saved(folder: Path, form: Form, **options: bool) -> Edited:
    """The files of the small set after a change."""
    dataset, tools = next(folder.glob("*.csv")), folder / "tools.json"
    return edit(dataset, tools, None, EditRequest(form, **options))


def written(done: Edited) -> Any:
    """The value of the changed tools.json."""
    assert done.tools is not None
    return json.loads(done.tools)


def test_a_form_shows_the_arguments_and_keeps_the_rest_as_json(tmp_path: Path) -> None:
    form = opened(tmp_path, "named:set_light")
    assert isinstance(form, ToolForm)
    assert form.arguments[0] == ArgumentForm(
        "room", "room", "string", "What it is.", "kitchen\nhall\nbath_room", True, ""
    )
    assert json.loads(form.arguments[3].rest) == {
        "properties": LIGHT["function"]["parameters"]["properties"]["scene"]["properties"]
    }
    assert saved(tmp_path, form).tools is None
    changed = written(saved(tmp_path, typed(form, arguments__1__description="Percent.", arguments__1__required=True)))
    expected = json.loads(json.dumps(TOOLS))
    expected[0]["function"]["parameters"]["properties"]["level"]["description"] = "Percent."
    expected[0]["function"]["parameters"]["required"] = ["room", "level"]
    assert changed == expected
    assert list(changed[0]["function"]["parameters"]["properties"]["level"]) == ["type", "description"]


@pytest.mark.parametrize("tools", [[MCP], {"tools": [MCP]}, MCP, {"go": {k: v for k, v in MCP.items() if k != "name"}}])
def test_other_forms_of_a_file_keep_their_form(tools: Any, tmp_path: Path) -> None:
    form = opened(tmp_path, "named:go", tools)
    assert saved(tmp_path, form).tools is None
    changed = written(saved(tmp_path, typed(form, description="Go there.")))
    assert changed == json.loads(json.dumps(tools).replace("Go.", "Go there."))


def test_what_no_field_can_hold_is_kept(tmp_path: Path) -> None:
    tool = {
        "name": "odd",
        "description": "Odd.",
        "strict": True,
        "parameters": {"type": "object", "properties": {"a": ODD}},
    }
    form = opened(tmp_path, "named:odd", [tool])
    assert isinstance(form, ToolForm)
    assert json.loads(form.arguments[0].rest) == ODD
    changed = written(saved(tmp_path, typed(form, name="even")))
    assert changed == [{**tool, "name": "even"}]


def test_renaming_renames_in_the_rows(tmp_path: Path) -> None:
    form = opened(tmp_path, "tool:[0].function.name")
    done = saved(tmp_path, typed(form, name="lamp", arguments__0__name="place"))
    assert done.dataset is not None
    assert done.said == "Changed the tool lamp. 3 rows that call it changed with it."
    text = done.dataset.decode()
    assert (text.count("set_light"), text.count('""lamp""'), text.count('""place""')) == (0, 3, 3)
    parameters = written(done)[0]["function"]["parameters"]
    assert (next(iter(parameters["properties"])), parameters["required"]) == ("place", ["place"])


def test_two_arguments_can_change_their_names(tmp_path: Path) -> None:
    form = opened(tmp_path, "named:set_light")
    done = saved(tmp_path, typed(form, arguments__0__name="level", arguments__1__name="room"))
    assert done.dataset is not None
    assert json.dumps(json.loads(call("set_light", level="hall", room=20))).replace('"', '""') in done.dataset.decode()


def test_a_tool_is_added_and_deleted_with_its_rows(tmp_path: Path) -> None:
    form = typed(opened(tmp_path, "tool:new"), name="stop", description="Stop.", arguments__0__name="why")
    added = written(saved(tmp_path, form))
    assert added[:2] == TOOLS
    assert added[2]["function"] == {
        "name": "stop",
        "description": "Stop.",
        "parameters": {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]},
    }
    gone = saved(tmp_path, opened(tmp_path, "named:set_light"), delete=True)
    assert (written(gone), gone.dataset) == ([MUSIC], None)
    both = saved(tmp_path, opened(tmp_path, "named:set_light"), delete=True, with_rows=True)
    assert both.dataset is not None
    assert (both.dataset.count(b"set_light"), both.dataset.count(b"play_music")) == (0, 3)


def test_problems_stand_at_their_fields(tmp_path: Path) -> None:
    form = opened(tmp_path, "named:set_light")
    form = typed(
        form, name="no spaces", arguments__0__name="a b", arguments__1__rest='{"minimum": ', arguments__2__type=""
    )
    paths = next(tmp_path.glob("*.csv")), tmp_path / "tools.json"
    found = problems_of(form, *paths, OPTIONS)
    assert [(one.field, one.severity) for one in found] == [("arguments.1.rest", "error")]
    assert "not JSON: line 1, column 13" in found[0].message
    with pytest.raises(InputError, match="not JSON"):
        saved(tmp_path, form)
    fields = {one.field for one in problems_of(typed(form, arguments__1__rest=""), *paths, OPTIONS)}
    assert {"name", "arguments.0.name", "arguments.2.name"} <= fields
    again = typed(opened(tmp_path, "tool:new"), name="play_music", arguments__0__name="x")
    assert any("same name" in one.message for one in problems_of(again, *paths, OPTIONS) if one.field == "name")


@pytest.mark.parametrize(("name", "message"), [("", "Give the argument a name"), ("room", "Two arguments are called")])
def test_a_name_that_would_lose_an_argument_is_refused(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        saved(tmp_path, typed(opened(tmp_path, "named:set_light"), arguments__1__name=name))


def test_a_tool_of_a_large_file_is_checked_alone(tmp_path: Path) -> None:
    form = opened(tmp_path, "named:play_music", [{**LIGHT, "note": "n" * 500_000}, MUSIC])
    found = problems_of(typed(form, name="a b"), next(tmp_path.glob("*.csv")), tmp_path / "tools.json", OPTIONS)
    assert [one.field for one in found if one.severity == "error"] == ["name"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_back_as_they_are(text: str, tmp_path: Path) -> None:
    form = typed(opened(tmp_path, "tool:new"), name=text, description=text, arguments__0__name=text)
    form = typed(form, arguments__0__description=text)
    problems_of(form, next(tmp_path.glob("*.csv")), tmp_path / "tools.json", OPTIONS)
    function = written(saved(tmp_path, form))[2]["function"]
    assert function["name"] == function["description"] == text
    assert function["parameters"]["properties"][text]["description"] == text


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    form = typed(opened(tmp_path, "tool:new"), name="a", description="d" * MAX_TOOLS_BYTES, arguments__0__name="x")
    with pytest.raises(InputError, match="more than 2 MB"):
        saved(tmp_path, form)


def test_a_tool_without_a_name_is_not_added_to_an_object_by_name(tmp_path: Path) -> None:
    form = opened(tmp_path, "tool:new", {"go": {"description": "Go.", "parameters": {}}})
    assert isinstance(form, ToolForm)
    for text in ('{"function": 5}', '{"name": 5}', '{"name": "go"}', "{}"):
        with pytest.raises(InputError, match="Give the tool a name"):
            saved(tmp_path, replace(form, raw=text))
    added = written(saved(tmp_path, replace(form, raw='{"name": "stop", "description": "", "parameters": {}}')))
    assert list(added) == ["go", "stop"]


def test_fields_become_json_and_json_fields(tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    form = opened(tmp_path, "named:play_music")
    text, focus = reshaped(form, "text", 0, tools)
    assert isinstance(text, ToolForm)
    assert (json.loads(text.raw or ""), focus) == (MUSIC, "raw")
    assert reshaped(text, "fields", 0, tools)[0] == form
    with pytest.raises(InputError, match="not JSON"):
        reshaped(typed(text, raw="{"), "fields", 0, tools)
    broken = typed(text, raw='{"name": "x", "description": 5}')
    with pytest.raises(InputError, match="cannot show this tool"):
        reshaped(broken, "fields", 0, tools)


def test_a_file_that_is_no_list_of_tools_is_edited_as_text(tmp_path: Path) -> None:
    dataset, tools = write_files(tmp_path, csv_of(), TOOLS)
    tools.write_text('[{"name": "x"', encoding="utf-8")
    report = check_files(dataset, tools, OPTIONS)
    places = {place_of_issue(issue) for issue in report.issues if issue.file == "tools" and issue.severity == "error"}
    assert places == {"tools"}
    place = read_place("tools")
    assert place is not None
    form = open_form(dataset, tools, place)
    assert form == TextForm('[{"name": "x"')
    assert any(one.field == "text" for one in problems_of(form, dataset, tools, OPTIONS))
    done = edit(dataset, tools, None, EditRequest(typed(form, text=json.dumps(TOOLS))))
    assert written(done) == TOOLS


def test_every_error_without_a_fix_leads_to_a_form() -> None:
    """All but those of files that are no text, which nobody can correct by typing."""
    for rule in all_rules():
        line = None if rule.scope == "set" else 3
        issue = Issue("error", rule.code, rule.file, line, None, "Something is wrong.")
        place = place_of_issue(issue)
        if rule.severity != "error" or rule.fixer is not None:
            continue
        other_file = rule.code.endswith(("-unreadable", "-binary")) or rule.code == "csv-too-large"
        assert (place is None) == other_file, rule.code
        assert place is None or read_place(place) is not None
