"""Broken inputs: tools.json as a file, and the names in it."""

from __future__ import annotations

import json

from tests.unit.data.builders import LIGHT, MUSIC, TOOLS, argument, line_of, tool
from tests.unit.data.tools_cases import QUERY, argument_named, file_case, music, query_case, renamed

FILES = [
    file_case("empty", "tools-empty", "", 1),
    file_case("blank", "tools-empty", " \n ", 1),
    file_case("empty list", "tools-empty", "[]", 1),
    file_case("empty list in an object", "tools-empty", '{"tools": []}', 1),
    file_case(
        "half", "tools-not-json", json.dumps(TOOLS, indent=1)[:-2], len(json.dumps(TOOLS, indent=1)[:-2].split("\n"))
    ),
    file_case("single quotes", "tools-no-name", "[{'name': 1}]", 1, "[0].name", "calls-unknown-tool"),
    file_case("colon missing", "tools-not-json", '// mine\n[\n {"name" "a"}\n]', 3),
    file_case("comment without an end", "tools-not-json", '[\n /* {"name": "a"}\n]', 2),
    file_case("comment over nothing", "tools-empty", "// my tools\n[]", 1),
    file_case("lines that are no tools", "tools-not-json", '{"a": 1}\n{"a": 2}', 2),
    file_case("too deep", "tools-not-json", "[" * 2000 + "]" * 2000, 1),
    file_case("a number", "tools-not-a-list", "5", 1),
    file_case("a bare object", "tools-not-a-list", '{"a": 1}', 1),
    file_case("a word in the list", "tools-item-not-a-tool", [*TOOLS, "x"], line_of([*TOOLS, "x"], '"x"'), "[2]"),
    file_case(
        "an object without name",
        "tools-item-not-a-tool",
        [*TOOLS, {"a": 1}],
        line_of([*TOOLS, {"a": 1}], '"a"') - 1,
        "[2]",
    ),
    file_case("xlsx", "tools-binary", b"PK\x03\x04" + bytes(100), None),
    file_case("utf-16", "tools-not-utf8", json.dumps(TOOLS).encode("utf-16"), 1),
    file_case(
        "cp1252",
        "tools-not-utf8",
        json.dumps([LIGHT, music(description="Café music")], indent=1, ensure_ascii=False).encode("cp1252"),
        line_of([LIGHT, music(description="Cafe music")], "Cafe"),
    ),
    file_case(
        "key twice",
        "tools-repeated-key",
        json.dumps(TOOLS, indent=1).replace('"query": {', '"query": 1,\n"query": {'),
        line_of(TOOLS, '"query": {'),
        QUERY,
    ),
    file_case(
        "nan",
        "tools-not-finite",
        json.dumps([LIGHT, music(weight=float("nan"))], indent=1),
        line_of([LIGHT, music(weight=1)], "weight"),
        "[1].function.weight",
    ),
    file_case("in an object", "tools-shape", {"tools": TOOLS}, 1, None),
    file_case("bare functions", "tools-shape", [one["function"] for one in TOOLS], 2, "[0]"),
    file_case("without type", "tools-shape", [{"function": one["function"]} for one in TOOLS], 2, "[0]"),
    file_case(
        "mcp",
        "tools-shape",
        [
            {"name": f["name"], "description": f["description"], "inputSchema": f["parameters"]}
            for f in (one["function"] for one in TOOLS)
        ],
        2,
        "[0]",
    ),
    file_case(
        "anthropic",
        "tools-shape",
        [
            {"name": f["name"], "description": f["description"], "input_schema": f["parameters"]}
            for f in (one["function"] for one in TOOLS)
        ],
        2,
        "[0]",
    ),
    file_case(
        "google",
        "tools-shape",
        [{"functionDeclarations": [one["function"] for one in TOOLS]}],
        4,
        "[0].functionDeclarations[0]",
    ),
]

NAMES = [
    file_case(
        "no name in the function",
        "tools-no-name",
        [*TOOLS, {"function": {"description": "x"}}],
        line_of([*TOOLS, {"function": {"description": "x"}}], '"function": {', 3),
        "[2].function.name",
    ),
    file_case(
        "number as name",
        "tools-no-name",
        [*TOOLS, {"type": "function", "function": {"name": 7}}],
        line_of([*TOOLS, {"function": {"name": 7}}], '"name": 7') + 1,
        "[2].function.name",
    ),
    file_case(
        "same name twice",
        "tools-duplicate-name",
        [*TOOLS, MUSIC],
        line_of([*TOOLS, MUSIC], '"name": "play_music"', 2),
        "[2].function.name",
    ),
    renamed("space in a name", "tools-bad-name", "play music"),
    renamed("digit first", "tools-bad-name", "2play", "calls-round-trip"),
    renamed("umlaut", "tools-bad-name", "spiel_ä"),
    renamed("65 characters", "tools-bad-name", "p" * 65),
    renamed("called call", "tools-bad-name", "call"),
    renamed("called null", "tools-bad-name", "null"),
    renamed("dots", "tools-name-not-kotlin", "play.music"),
    renamed("dashes", "tools-name-not-kotlin", "play-music"),
    argument_named("argument with a space", "tools-bad-argument-name", "my level"),
    argument_named("argument called true", "tools-bad-argument-name", "true"),
    argument_named("argument with a dash", "tools-name-not-kotlin", "dim-level"),
    *(
        argument_named(f"argument called {word}", "tools-argument-name-reserved", word)
        for word in ("description", "type", "properties", "required", "nullable")
    ),
    query_case(
        "nested reserved name",
        "tools-argument-name-reserved",
        argument("object", properties={"type": argument("string")}),
        f"{QUERY}.properties.type",
        '"type": {',
        "calls-wrong-type",
    ),
    file_case(
        "twins by description",
        "tools-alike",
        [*TOOLS, tool("start_song", "Play a song, an album or a station!", {})],
        line_of([*TOOLS, tool("start_song", "Play a song, an album or a station!", {})], "station!"),
        "[2].function.description",
        "set-tool-without-rows",
    ),
    file_case(
        "twins by name",
        "tools-alike",
        [*TOOLS, tool("playMusic", "Something else altogether.", {})],
        line_of([*TOOLS, tool("playMusic", "x", {})], "playMusic"),
        "[2].function.name",
        "set-tool-without-rows",
    ),
]

CASES = [*FILES, *NAMES]
