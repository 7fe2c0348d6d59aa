"""The tools that an app is handed render the prompt that was trained, whatever the user's own file looked like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backend.device.canonical import canonical_tools, write_android_tools
from backend.prompts import get_format
from backend.records import Tool

SHARED = Path(__file__).resolve().parents[4] / "shared"
FMT = get_format("native", "full")
TEMPLATE = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(FMT.chat_template(()))

names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,7}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12).filter(lambda text: "<" not in text)
plain = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "INTEGER", "number", "boolean"]), "description": texts},
    optional={"enum": st.lists(texts, min_size=1, max_size=3), "default": texts, "minimum": st.integers(0, 9)},
)
arrays = st.fixed_dictionaries(
    {"type": st.just("array"), "description": texts},
    optional={"items": plain | st.just({}), "minItems": st.just(1)},
)
properties = st.dictionaries(names, plain | arrays, max_size=4).filter(
    lambda found: len({name.lower() for name in found}) == len(found)
)
objects = st.fixed_dictionaries(
    {"type": st.just("object"), "description": texts},
    optional={"properties": properties, "required": st.lists(names, max_size=2), "title": texts},
)
parameters = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(names, plain | arrays | objects, max_size=3)},
    optional={"required": st.lists(names, max_size=2), "additionalProperties": st.booleans()},
)
tools = st.builds(Tool, names, texts, st.just({}) | parameters)


@given(st.lists(tools, min_size=1, max_size=3))
def test_canonical_tools_render_the_trained_prompt(found: list[Tool]) -> None:
    handed = [{"type": "function", "function": function} for function in canonical_tools(found)]
    rendered = TEMPLATE.render(
        messages=[{"role": "user", "content": "Hi"}], tools=handed, bos_token="<bos>", add_generation_prompt=True
    )
    assert rendered == FMT.prompt(found, "Hi")


@pytest.mark.parametrize("name", ["cycling", "snips7"])
def test_order_and_keys(name: str, tmp_path: Path) -> None:
    raw = json.loads((SHARED / "data" / name / "tools.json").read_text(encoding="utf-8"))
    found = [Tool(**{key: one["function"][key] for key in ("name", "description", "parameters")}) for one in raw]
    write_android_tools(found, tmp_path / "tools_android.json")
    written: list[dict[str, Any]] = json.loads((tmp_path / "tools_android.json").read_text(encoding="utf-8"))
    assert [list(tool) for tool in written] == [["name", "description", "parameters"]] * len(raw)
    for tool in written:
        assert list(tool["parameters"]) == ["properties", "required", "type"]
        assert list(tool["parameters"]["properties"]) == sorted(tool["parameters"]["properties"])
        for schema in tool["parameters"]["properties"].values():
            assert list(schema) == [key for key in ("description", "enum", "type") if key in schema]


def test_what_never_reaches_the_prompt_is_left_out() -> None:
    argument = {"type": "string", "enum": ["a", "b"], "description": "D", "default": "a", "minLength": 1}
    properties = {"x": argument, "A": {"type": "integer"}}
    tool = Tool("t", "T", {"type": "object", "required": ["x"], "properties": properties})
    assert json.dumps(canonical_tools([tool, Tool("u", "U")])) == json.dumps(
        [
            {
                "name": "t",
                "description": "T",
                "parameters": {
                    "properties": {
                        "A": {"type": "integer"},
                        "x": {"description": "D", "enum": ["a", "b"], "type": "string"},
                    },
                    "required": ["x"],
                    "type": "object",
                },
            },
            {"name": "u", "description": "U"},
        ]
    )
