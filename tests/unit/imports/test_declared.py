"""Tools that rows declare: merged where they agree, kept by frequency and reported where they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backend.data.imports.declared_tools import DeclaredTools, tool_items
from tests.unit.imports.made_files import CALL, TOOL, content, imported, lines, written


def declared(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": "set_light", "description": "Switch.", "parameters": parameters}}


def row(tool: dict[str, Any]) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": "Hall light"}, {"role": "assistant", "tool_calls": [CALL]}],
        "tools": [tool],
    }


ROOM, LEVEL = {"room": {"type": "string"}}, {"level": {"type": "integer"}}


def test_declarations_that_agree_are_merged(tmp_path: Path) -> None:
    path = lines(
        tmp_path, "rows.jsonl", [row(declared(ROOM, "room")), row(declared({**ROOM, **LEVEL}, "room", "level"))]
    )
    read = imported(path)
    (tool,) = json.loads(content(read.tools))
    assert tool["function"]["parameters"] == {"type": "object", "properties": {**ROOM, **LEVEL}, "required": ["room"]}
    assert (
        "set_light is declared in 2 ways (line 1, line 2). They were merged, with 2 arguments." in read.summary.details
    )


def test_of_declarations_that_contradict_the_most_frequent_is_kept(tmp_path: Path) -> None:
    often, once = declared(ROOM, "room"), declared({"room": {"type": "integer"}}, "room")
    read = imported(lines(tmp_path, "rows.jsonl", [row(once), row(often), row(often)]))
    assert json.loads(content(read.tools)) == [often]
    said = "set_light is declared in 2 ways that contradict each other (line 2, line 1). The declaration of 2 "
    assert any(sentence.startswith(said) for sentence in read.summary.details)


def test_a_tools_json_beside_the_rows_counts_and_what_it_lacks_is_said(tmp_path: Path) -> None:
    tools = written(tmp_path, "tools.json", [{**TOOL, "function": {**TOOL["function"], "name": "stop"}}])
    read = imported(lines(tmp_path, "rows.jsonl", [row(TOOL)] * 2), tools)
    assert read.tools == tools
    assert "tools.json lacks tools that rows declare: set_light." in read.summary.details


NAMES = st.text("abc_", min_size=1, max_size=3)
TYPES = st.sampled_from(["string", "integer", "boolean"])
TOOLS = st.builds(
    lambda name, properties: {
        "name": name,
        "description": "d",
        "parameters": {"type": "object", "properties": properties},
    },
    NAMES,
    st.dictionaries(NAMES, st.builds(lambda kind: {"type": kind}, TYPES), max_size=3),
)


@given(st.lists(st.lists(TOOLS, max_size=3), max_size=5))
def test_every_name_is_declared_once_and_merging_again_changes_nothing(rows: list[list[dict[str, Any]]]) -> None:
    found = DeclaredTools()
    for number, tools in enumerate(rows):
        found.add(tools, f"line {number}")
    merged, _ = found.merged()
    names = [tool["function"]["name"] for tool in merged]
    assert sorted(names) == sorted({tool["name"] for tools in rows for tool in tools})
    again = DeclaredTools()
    again.add(merged, "line 1")
    assert again.merged() == (merged, [])
    for tool in merged:
        given_types = [
            (key, schema["type"])
            for tools in rows
            for item in tools
            if item["name"] == tool["function"]["name"]
            for key, schema in item["parameters"]["properties"].items()
        ]
        assert {(key, schema["type"]) for key, schema in tool["function"]["parameters"]["properties"].items()} <= set(
            given_types
        )


@given(st.lists(TOOLS, min_size=1, max_size=3), st.text('ab [{}]"\n', max_size=20), st.text('ab [{}]"\n', max_size=20))
def test_tools_are_found_in_any_text(tools: list[dict[str, Any]], before: str, after: str) -> None:
    assert [tool for tool in tool_items(f"{before.rstrip('[{')}\n{json.dumps(tools)}{after}") if tool in tools][
        : len(tools)
    ] == tools
