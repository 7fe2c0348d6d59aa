"""Broken inputs: schemas and texts in tools.json."""

from __future__ import annotations

from tests.unit.data.builders import LIGHT, MUSIC, TOOLS, argument, changed, line_of, tool
from tests.unit.data.tools_cases import QUERY, file_case, music, query_case

BAD_VALUES = ("calls-wrong-type",)
SCHEMAS = [
    file_case(
        "parameters as text",
        "tools-parameters-not-an-object",
        [LIGHT, music(parameters="none")],
        line_of([LIGHT, music(parameters="none")], '"parameters": "none"'),
        "[1].function.parameters",
        "calls-unknown-argument",
    ),
    file_case(
        "parameters of type string",
        "tools-parameters-not-an-object",
        [LIGHT, music(parameters={**MUSIC["function"]["parameters"], "type": "string"})],
        line_of(TOOLS, '"parameters"', 2) + 1,
        "[1].function.parameters.type",
    ),
    query_case(
        "argument's schema is a word",
        "tools-parameters-not-an-object",
        "string",
        QUERY,
        '"query": "string"',
        "tools-required-unknown",
        "calls-unknown-argument",
    ),
    file_case(
        "parameters without type",
        "tools-type-missing",
        [LIGHT, music(parameters={"properties": {"query": argument("string")}})],
        line_of([LIGHT, music(parameters={"properties": {}})], '"parameters"', 2),
        "[1].function.parameters",
    ),
    query_case("argument with values alone", "tools-type-missing", {"enum": ["jazz", "Bach", "Nina Simone"]}),
    query_case("argument without type", "tools-type-undecided", {"description": "Who?"}),
    query_case("enum of two types", "tools-type-undecided", {"enum": ["jazz", "Bach", "Nina Simone", 8]}),
    query_case(
        "items without type",
        "tools-type-undecided",
        argument("array", items={"description": "x"}),
        f"{QUERY}.items",
        '"items": {',
        *BAD_VALUES,
    ),
    query_case("unknown type", "tools-type-unknown", argument("strng"), f"{QUERY}.type", '"type": "strng"'),
    query_case("number as type", "tools-type-unknown", {"type": 5, "description": "x"}, f"{QUERY}.type", '"type": 5'),
    query_case("type in capitals", "tools-upper-case-type", argument("STRING"), f"{QUERY}.type", '"type": "STRING"'),
    query_case("python's type", "tools-upper-case-type", argument("str"), f"{QUERY}.type", '"type": "str"'),
    query_case(
        "type list", "tools-union", {"type": ["string", "null"], "description": "x"}, f"{QUERY}.type", '"type": ['
    ),
    query_case(
        "anyOf",
        "tools-union",
        {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "x"},
        f"{QUERY}.anyOf",
        '"anyOf"',
    ),
    query_case(
        "oneOf",
        "tools-several-types",
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        f"{QUERY}.oneOf",
        '"oneOf"',
    ),
    query_case("$ref", "tools-several-types", {"$ref": "#/$defs/Query"}, f"{QUERY}.$ref", '"$ref"'),
    query_case(
        "const", "tools-union", {"const": "jazz", "description": "x"}, f"{QUERY}.const", '"const"', "calls-not-in-enum"
    ),
    file_case(
        "required names nothing",
        "tools-required-unknown",
        changed(lambda c: c[1]["function"]["parameters"]["required"].append("volume")),
        line_of(changed(lambda c: c[1]["function"]["parameters"]["required"].append("volume")), '"volume"'),
        "[1].function.parameters.required[1]",
        "calls-missing-argument",
    ),
    file_case(
        "required is true",
        "tools-required-not-a-list",
        changed(lambda c: c[1]["function"]["parameters"].update(required=True)),
        line_of(changed(lambda c: c[1]["function"]["parameters"].update(required=True)), '"required": true'),
        "[1].function.parameters.required",
    ),
    query_case(
        "required inside an argument",
        "tools-required-not-a-list",
        argument("string", required=True),
        f"{QUERY}.required",
        '"required": true',
    ),
    query_case(
        "enum is a text",
        "tools-enum-invalid",
        argument("string", enum="jazz, Bach, Nina Simone"),
        f"{QUERY}.enum",
        '"enum": "jazz',
    ),
    query_case("empty enum", "tools-enum-invalid", argument("string", enum=[]), f"{QUERY}.enum", '"enum": []'),
    query_case(
        "null in an enum",
        "tools-enum-invalid",
        argument("string", enum=["jazz", "Bach", "Nina Simone", None]),
        f"{QUERY}.enum[3]",
        "null",
    ),
    query_case(
        "number in an enum of strings",
        "tools-enum-invalid",
        argument("string", enum=["jazz", "Bach", "Nina Simone", 8]),
        f"{QUERY}.enum[3]",
        " 8",
    ),
    file_case(
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
    query_case("object without properties", "tools-open-object", argument("object"), QUERY, '"query": {', *BAD_VALUES),
    file_case(
        "many tools",
        "tools-many",
        [*TOOLS, *(tool(f"tool_{word}", word * 9, {}) for word in "abcdefghijklmn")],
        1,
        None,
        "set-tool-without-rows",
    ),
]

TEXTS = [
    file_case(
        "tool without description",
        "tools-description-missing",
        [LIGHT, music(description="")],
        line_of([LIGHT, music(description="")], '"description": ""'),
        "[1].function.description",
    ),
    query_case("argument without description", "tools-description-missing", {"type": "string"}),
    query_case(
        "description is a list",
        "tools-description-not-text",
        {"type": "string", "description": ["x"]},
        f"{QUERY}.description",
        '"description": [',
    ),
    file_case(
        "long description",
        "tools-description-long",
        [LIGHT, music(description="x " * 300)],
        line_of([LIGHT, music(description="x " * 300)], "x x x"),
        "[1].function.description",
    ),
    file_case("several arguments", "tools-not-one-query", TOOLS, 2, "[0]"),
    file_case(
        "return",
        "tools-unseen",
        [LIGHT, music(**{"return": {"type": "string"}})],
        line_of([LIGHT, music(**{"return": {}})], '"return"'),
        "[1].function.return",
    ),
    query_case("default", "tools-unseen", argument("string", default="jazz"), f"{QUERY}.default", '"default"'),
    file_case(
        "token in a description",
        "tools-reserved-token",
        [LIGHT, music(description="Play <end_of_turn> now")],
        line_of([LIGHT, music(description="Play <end_of_turn> now")], "end_of_turn"),
        "[1].function.description",
    ),
    query_case(
        "token in an enum",
        "tools-reserved-token",
        argument("string", enum=["jazz", "Bach", "Nina Simone", "<bos>"]),
        f"{QUERY}.enum[3]",
        "<bos>",
    ),
    file_case(
        "half a character",
        "tools-broken-character",
        [LIGHT, music(description="Play \ud83d now")],
        line_of([LIGHT, music(description="Play \ud83d now")], "ud83d"),
        "[1].function.description",
    ),
]

CASES = [*SCHEMAS, *TEXTS]
