"""Broken inputs: tools.json."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.data.builders import LIGHT, MUSIC, TOOLS, Case, argument, changed, csv_of, line_of, tool

QUERY = "[1].function.parameters.properties.query"


def _file(name: str, code: str, tools: Any, line: int | None = 1, column: str | None = None, *also: str) -> Case:
    return Case(name, ((code, line, column),), tools=tools, also=also)


def _query(name: str, code: str, schema: Any, column: str = QUERY, text: str = '"query": {', *also: str) -> Case:
    """play_music's argument with another schema; the issue stands on the line with `text`."""
    tools = changed(lambda copy: copy[1]["function"]["parameters"]["properties"].update(query=schema))
    return Case(name, ((code, line_of(tools, text, _last(tools, text)), column),), tools=tools, also=also)


def _last(tools: Any, text: str) -> int:
    return sum(text in line for line in json.dumps(tools, indent=1).splitlines())


def _renamed(name: str, code: str, new: str, *also: str) -> Case:
    """play_music under another name."""
    tools = changed(lambda copy: copy[1]["function"].update(name=new))
    line = line_of(tools, f'"name": {json.dumps(new)}')
    csv = csv_of().replace("play_music", new.replace("\\", "\\\\").replace('"', '\\"').replace('"', '""'))
    return Case(name, ((code, line, "[1].function.name"),), csv=csv, tools=tools, also=also)


def _argument_named(name: str, code: str, new: str, *also: str) -> Case:
    """set_light with one more argument of that name."""
    tools = changed(
        lambda copy: copy[0]["function"]["parameters"]["properties"].update({new: argument("string", "Marked.")})
    )
    path = f"[0].function.parameters.properties.{new}" if new.isidentifier() or "-" in new else None
    path = path or f"[0].function.parameters.properties[{json.dumps(new)}]"
    return Case(name, ((code, line_of(tools, "Marked.") - 2, path),), tools=tools, also=also)


def _music(**more: Any) -> dict[str, Any]:
    """play_music with other keys in its function."""
    return {**MUSIC, "function": {**MUSIC["function"], **more}}


UNKNOWN = ("calls-unknown-tool",)
FILES = [
    _file("empty", "tools-empty", "", 1),
    _file("blank", "tools-empty", " \n ", 1),
    _file("empty list", "tools-empty", "[]", 1),
    _file("empty list in an object", "tools-empty", '{"tools": []}', 1),
    _file(
        "half", "tools-not-json", json.dumps(TOOLS, indent=1)[:-2], len(json.dumps(TOOLS, indent=1)[:-2].split("\n"))
    ),
    _file("single quotes", "tools-not-json", "[{'name': 1}]", 1),
    _file("trailing comma", "tools-not-json", '[\n {"name": "a",\n }\n]', 3),
    _file("comment", "tools-not-json", "// my tools\n[]", 1),
    _file("too deep", "tools-not-json", "[" * 2000 + "]" * 2000, 1),
    _file("a number", "tools-not-a-list", "5", 1),
    _file("a bare object", "tools-not-a-list", '{"a": 1}', 1),
    _file("a word in the list", "tools-item-not-a-tool", [*TOOLS, "x"], line_of([*TOOLS, "x"], '"x"'), "[2]"),
    _file(
        "an object without name",
        "tools-item-not-a-tool",
        [*TOOLS, {"a": 1}],
        line_of([*TOOLS, {"a": 1}], '"a"') - 1,
        "[2]",
    ),
    _file("xlsx", "tools-binary", b"PK\x03\x04" + bytes(100), None),
    _file("utf-16", "tools-not-utf8", json.dumps(TOOLS).encode("utf-16"), 1),
    _file(
        "cp1252",
        "tools-not-utf8",
        json.dumps([LIGHT, _music(description="Café music")], indent=1, ensure_ascii=False).encode("cp1252"),
        line_of([LIGHT, _music(description="Cafe music")], "Cafe"),
    ),
    _file(
        "key twice",
        "tools-repeated-key",
        json.dumps(TOOLS, indent=1).replace('"query": {', '"query": 1,\n"query": {'),
        line_of(TOOLS, '"query": {'),
        QUERY,
    ),
    _file(
        "nan",
        "tools-not-finite",
        json.dumps([LIGHT, _music(weight=float("nan"))], indent=1),
        line_of([LIGHT, _music(weight=1)], "weight"),
        "[1].function.weight",
    ),
    _file("in an object", "tools-shape", {"tools": TOOLS}, 1, None),
    _file("bare functions", "tools-shape", [one["function"] for one in TOOLS], 2, "[0]"),
    _file("without type", "tools-shape", [{"function": one["function"]} for one in TOOLS], 2, "[0]"),
    _file(
        "mcp",
        "tools-shape",
        [
            {"name": f["name"], "description": f["description"], "inputSchema": f["parameters"]}
            for f in (one["function"] for one in TOOLS)
        ],
        2,
        "[0]",
    ),
    _file(
        "anthropic",
        "tools-shape",
        [
            {"name": f["name"], "description": f["description"], "input_schema": f["parameters"]}
            for f in (one["function"] for one in TOOLS)
        ],
        2,
        "[0]",
    ),
    _file(
        "google",
        "tools-shape",
        [{"functionDeclarations": [one["function"] for one in TOOLS]}],
        4,
        "[0].functionDeclarations[0]",
    ),
]

NAMES = [
    _file(
        "no name in the function",
        "tools-no-name",
        [*TOOLS, {"function": {"description": "x"}}],
        line_of([*TOOLS, {"function": {"description": "x"}}], '"function": {', 3),
        "[2].function.name",
    ),
    _file(
        "number as name",
        "tools-no-name",
        [*TOOLS, {"type": "function", "function": {"name": 7}}],
        line_of([*TOOLS, {"function": {"name": 7}}], '"name": 7') + 1,
        "[2].function.name",
    ),
    _file(
        "same name twice",
        "tools-duplicate-name",
        [*TOOLS, MUSIC],
        line_of([*TOOLS, MUSIC], '"name": "play_music"', 2),
        "[2].function.name",
    ),
    _renamed("space in a name", "tools-bad-name", "play music"),
    _renamed("digit first", "tools-bad-name", "2play", "calls-round-trip"),
    _renamed("umlaut", "tools-bad-name", "spiel_ä"),
    _renamed("65 characters", "tools-bad-name", "p" * 65),
    _renamed("called call", "tools-bad-name", "call"),
    _renamed("called null", "tools-bad-name", "null"),
    _renamed("dots", "tools-name-not-kotlin", "play.music"),
    _renamed("dashes", "tools-name-not-kotlin", "play-music"),
    _argument_named("argument with a space", "tools-bad-argument-name", "my level"),
    _argument_named("argument called true", "tools-bad-argument-name", "true"),
    _argument_named("argument with a dash", "tools-name-not-kotlin", "dim-level"),
    *(
        _argument_named(f"argument called {word}", "tools-argument-name-reserved", word)
        for word in ("description", "type", "properties", "required", "nullable")
    ),
    _query(
        "nested reserved name",
        "tools-argument-name-reserved",
        argument("object", properties={"type": argument("string")}),
        f"{QUERY}.properties.type",
        '"type": {',
        "calls-wrong-type",
    ),
    _file(
        "twins by description",
        "tools-alike",
        [*TOOLS, tool("start_song", "Play a song, an album or a station!", {})],
        line_of([*TOOLS, tool("start_song", "Play a song, an album or a station!", {})], "station!"),
        "[2].function.description",
        "set-tool-without-rows",
    ),
    _file(
        "twins by name",
        "tools-alike",
        [*TOOLS, tool("playMusic", "Something else altogether.", {})],
        line_of([*TOOLS, tool("playMusic", "x", {})], "playMusic"),
        "[2].function.name",
        "set-tool-without-rows",
    ),
]

BAD_VALUES = ("calls-wrong-type",)
SCHEMAS = [
    _file(
        "parameters as text",
        "tools-parameters-not-an-object",
        [LIGHT, _music(parameters="none")],
        line_of([LIGHT, _music(parameters="none")], '"parameters": "none"'),
        "[1].function.parameters",
        "calls-unknown-argument",
    ),
    _file(
        "parameters of type string",
        "tools-parameters-not-an-object",
        [LIGHT, _music(parameters={**MUSIC["function"]["parameters"], "type": "string"})],
        line_of(TOOLS, '"parameters"', 2) + 1,
        "[1].function.parameters.type",
    ),
    _query(
        "argument's schema is a word",
        "tools-parameters-not-an-object",
        "string",
        QUERY,
        '"query": "string"',
        "tools-required-unknown",
        "calls-unknown-argument",
    ),
    _file(
        "parameters without type",
        "tools-type-missing",
        [LIGHT, _music(parameters={"properties": {"query": argument("string")}})],
        line_of([LIGHT, _music(parameters={"properties": {}})], '"parameters"', 2),
        "[1].function.parameters",
    ),
    _query("argument without type", "tools-type-missing", {"description": "Who?"}),
    _query(
        "items without type",
        "tools-type-missing",
        argument("array", items={"description": "x"}),
        f"{QUERY}.items",
        '"items": {',
        *BAD_VALUES,
    ),
    _query("unknown type", "tools-type-unknown", argument("strng"), f"{QUERY}.type", '"type": "strng"'),
    _query("number as type", "tools-type-unknown", {"type": 5, "description": "x"}, f"{QUERY}.type", '"type": 5'),
    _query("type in capitals", "tools-upper-case-type", argument("STRING"), f"{QUERY}.type", '"type": "STRING"'),
    _query("python's type", "tools-upper-case-type", argument("str"), f"{QUERY}.type", '"type": "str"'),
    _query("type list", "tools-union", {"type": ["string", "null"], "description": "x"}, f"{QUERY}.type", '"type": ['),
    _query(
        "anyOf",
        "tools-union",
        {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "x"},
        f"{QUERY}.anyOf",
        '"anyOf"',
    ),
    _query("oneOf", "tools-union", {"oneOf": [{"type": "string"}, {"type": "integer"}]}, f"{QUERY}.oneOf", '"oneOf"'),
    _query("$ref", "tools-union", {"$ref": "#/$defs/Query"}, f"{QUERY}.$ref", '"$ref"'),
    _query(
        "const", "tools-union", {"const": "jazz", "description": "x"}, f"{QUERY}.const", '"const"', "calls-not-in-enum"
    ),
    _file(
        "required names nothing",
        "tools-required-unknown",
        changed(lambda c: c[1]["function"]["parameters"]["required"].append("volume")),
        line_of(changed(lambda c: c[1]["function"]["parameters"]["required"].append("volume")), '"volume"'),
        "[1].function.parameters.required[1]",
        "calls-missing-argument",
    ),
    _file(
        "required is true",
        "tools-required-not-a-list",
        changed(lambda c: c[1]["function"]["parameters"].update(required=True)),
        line_of(changed(lambda c: c[1]["function"]["parameters"].update(required=True)), '"required": true'),
        "[1].function.parameters.required",
    ),
    _query(
        "required inside an argument",
        "tools-required-not-a-list",
        argument("string", required=True),
        f"{QUERY}.required",
        '"required": true',
    ),
    _query("enum is a word", "tools-enum-invalid", argument("string", enum="jazz"), f"{QUERY}.enum", '"enum": "jazz"'),
    _query("empty enum", "tools-enum-invalid", argument("string", enum=[]), f"{QUERY}.enum", '"enum": []'),
    _query(
        "null in an enum",
        "tools-enum-invalid",
        argument("string", enum=["jazz", "Bach", "Nina Simone", None]),
        f"{QUERY}.enum[3]",
        "null",
    ),
    _query(
        "number in an enum of strings",
        "tools-enum-invalid",
        argument("string", enum=["jazz", "Bach", "Nina Simone", 8]),
        f"{QUERY}.enum[3]",
        " 8",
    ),
    _file(
        "enum of numbers",
        "tools-enum-not-string",
        changed(lambda c: c[0]["function"]["parameters"]["properties"]["level"].update(enum=[20, 100])),
        line_of(
            changed(lambda c: c[0]["function"]["parameters"]["properties"]["level"].update(enum=[20, 100])),
            '"enum": [',
            2,
        ),
        "[0].function.parameters.properties.level.enum",
    ),
    _query("object without properties", "tools-open-object", argument("object"), QUERY, '"query": {', *BAD_VALUES),
    _file(
        "many tools",
        "tools-many",
        [*TOOLS, *(tool(f"tool_{word}", word * 9, {}) for word in "abcdefghijklmn")],
        1,
        None,
        "set-tool-without-rows",
    ),
]

TEXTS = [
    _file(
        "tool without description",
        "tools-description-missing",
        [LIGHT, _music(description="")],
        line_of([LIGHT, _music(description="")], '"description": ""'),
        "[1].function.description",
    ),
    _query("argument without description", "tools-description-missing", {"type": "string"}),
    _query(
        "description is a list",
        "tools-description-not-text",
        {"type": "string", "description": ["x"]},
        f"{QUERY}.description",
        '"description": [',
    ),
    _file(
        "long description",
        "tools-description-long",
        [LIGHT, _music(description="x " * 300)],
        line_of([LIGHT, _music(description="x " * 300)], "x x x"),
        "[1].function.description",
    ),
    _file("several arguments", "tools-not-one-query", TOOLS, 2, "[0]"),
    _file(
        "return",
        "tools-unseen",
        [LIGHT, _music(**{"return": {"type": "string"}})],
        line_of([LIGHT, _music(**{"return": {}})], '"return"'),
        "[1].function.return",
    ),
    _query("default", "tools-unseen", argument("string", default="jazz"), f"{QUERY}.default", '"default"'),
    _file(
        "token in a description",
        "tools-reserved-token",
        [LIGHT, _music(description="Play <end_of_turn> now")],
        line_of([LIGHT, _music(description="Play <end_of_turn> now")], "end_of_turn"),
        "[1].function.description",
    ),
    _query(
        "token in an enum",
        "tools-reserved-token",
        argument("string", enum=["jazz", "Bach", "Nina Simone", "<bos>"]),
        f"{QUERY}.enum[3]",
        "<bos>",
    ),
    _file(
        "half a character",
        "tools-broken-character",
        [LIGHT, _music(description="Play \ud83d now")],
        line_of([LIGHT, _music(description="Play \ud83d now")], "ud83d"),
        "[1].function.description",
    ),
]

CASES = [*FILES, *NAMES, *SCHEMAS, *TEXTS]
