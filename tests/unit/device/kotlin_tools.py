"""Tools that are hard to write in Kotlin: by hand and from Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backend.records import Tool

RANDOM_SETS = 8


def schema(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "description": f"a {kind}", **more}


def tool(name: str, description: str = "Does it.", required: Sequence[str] = (), /, **properties: Any) -> Tool:
    return Tool(name, description, {"type": "object", "properties": properties, "required": list(required)})


NASTY_TEXT = (
    'say "hi" $now ${1+1} \\n \\u0041 \' """ */ /* // <b> 日本語 😀 \u202e\u2028 \t end\nnext line\r\n{{ jinja }}'
)
NASTY_NAMES = (
    "when",
    "1st",
    "_",
    "日本",
    "a$b",
    'q"q',
    "back\\slash",
    "x.y",
    "answer",
    "string",
    "Number",
    "Unit",
    "kotlin",
)
NASTY = (
    tool("set_timer", NASTY_TEXT, ["minutes"], minutes=schema("integer"), label=schema("string", enum=["a$b", 'c"d'])),
    tool("set-timer", "The same class name.", ["x"], x=schema("string")),
    tool("SETTIMER", "The same again on a file system that ignores case."),
    Tool("stop", "No arguments at all."),
    *(tool(name) for name in (*NASTY_NAMES, "list", "Map", "any", "unreadable", "app_call", "open_api", "declared")),
    tool("keywords", "", [], **dict.fromkeys(("in", "class", "fun", "name", "arguments", "value"), schema("string"))),
    tool("members", "", [], **dict.fromkeys(("hashCode", "toString", "copy", "component1"), schema("boolean"))),
    tool("signs", "", NASTY_NAMES, **dict.fromkeys(NASTY_NAMES, schema("number"))),
    tool(
        "typed",
        "Every type.",
        ["whole", "tags"],
        whole=schema("integer"),
        share=schema("number"),
        flag=schema("boolean"),
        tags=schema("array", items={"type": "string"}),
        grid=schema("array", items={"type": "array", "items": {"type": "integer"}}),
        place=schema("object", properties={"lat": schema("number")}),
        free={"description": "no type"},
        loose=schema("array"),
        query=schema("string", description=NASTY_TEXT),
    ),
)  # fmt: skip

NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(["a_b", "aB", "A-b", "in", "String", "é", "$x", "`", '"'])
SCHEMAS = st.recursive(
    st.sampled_from(["string", "integer", "number", "boolean", "object", "null"]).map(schema)
    | st.builds(lambda text: schema("string", description=text, enum=[text]), st.text(max_size=20)),
    lambda inner: inner.map(lambda item: schema("array", items=item)),
    max_leaves=3,
)
TOOLS = st.lists(
    st.builds(
        lambda name, text, properties, share: tool(name, text, list(properties)[: share % 4], **properties),
        NAMES, st.text(max_size=40), st.dictionaries(NAMES, SCHEMAS, max_size=4), st.integers(0, 3),
    ),
    min_size=1, max_size=4, unique_by=lambda one: one.name,
)  # fmt: skip


def random_tools() -> list[list[Tool]]:
    """Many sets of tools for one compilation: a compiler start for each would take minutes."""
    found: list[list[Tool]] = []

    @settings(
        max_examples=RANDOM_SETS,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(TOOLS)
    def collect(tools: list[Tool]) -> None:
        found.append(tools)

    collect()
    return found
