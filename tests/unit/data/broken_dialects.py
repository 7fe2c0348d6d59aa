"""Broken inputs: tools.json in other dialects, schemas that leave something open, and keys that no phone reads."""

from __future__ import annotations

import json

from tests.unit.data.builders import LIGHT, TOOLS, Case, argument, call, changed, csv_of, line_of
from tests.unit.data.tools_cases import QUERY, file_case, last, music, query_case

FLAT = {"query": {"type": "str", "description": "Whom to play."}}
RECURSIVE = argument("object", properties={"inner": {"$ref": "#/properties/query"}})
POINTS = argument("array", prefixItems=[{"type": "number"}, {"type": "number"}])
BAD_VALUES = ("calls-wrong-type",)


def strict_music() -> object:
    """play_music in OpenAI's strict form, with an argument that may be null."""
    properties = {"query": argument("string"), "volume": {"type": ["integer", "null"], "description": "Percent."}}
    parameters = {"type": "object", "properties": properties, "required": ["query", "volume"]}
    return [LIGHT, music(parameters=parameters)]


def open_scene() -> object:
    """set_light whose scene is an object without properties."""
    return changed(lambda copy: copy[0]["function"]["parameters"]["properties"].update(scene=argument("object")))


SPELLINGS = [
    file_case("comments", "tools-relaxed-json", "// mine\n" + json.dumps(TOOLS, indent=1)[:-1] + ", # end\n]", 1),
    file_case("a line each", "tools-lines", "\n".join(json.dumps(one) for one in TOOLS), 1),
    file_case(
        "arguments without properties",
        "tools-flat-parameters",
        [LIGHT, music(parameters=FLAT)],
        line_of([LIGHT, music(parameters=FLAT)], '"parameters"', 2),
        "[1].function.parameters",
    ),
    file_case(
        "arguments as a list",
        "tools-flat-parameters",
        [LIGHT, music(parameters=[{"name": "query", "type": "string"}])],
        line_of([LIGHT, music(parameters=[{"name": "query"}])], '"parameters"', 2),
        "[1].function.parameters",
    ),
]

OPEN = [
    query_case("array without items", "tools-open-array", argument("array"), QUERY, '"query": {', *BAD_VALUES),
    query_case("items of anything", "tools-open-array", argument("array", items={}), QUERY, '"query": {', *BAD_VALUES),
    query_case("tuple", "tools-tuple", POINTS, QUERY, '"query": {', *BAD_VALUES),
    query_case("tuple with names", "tools-tuple-names", POINTS, QUERY, '"query": {', *BAD_VALUES),
    query_case(
        "items of a string",
        "tools-keyword-without-effect",
        argument("string", items={"type": "string"}),
        f"{QUERY}.items",
        '"items": {',
    ),
    Case(
        "list for a string with items",
        (("tools-keyword-without-effect", line_of(TOOLS, '"query": {') + 3, f"{QUERY}.items"),),
        csv=csv_of([("Play two", '[{"name": "play_music", "args": {"query": ["a", "b"]}}]')]),
        tools=changed(
            lambda copy: copy[1]["function"]["parameters"]["properties"]["query"].update(items={"type": "string"})
        ),
        also=BAD_VALUES,
    ),
    Case(
        "keys that no phone reads",
        (("calls-bad-key", 8, "tool_calls"),),
        csv=csv_of([("Disco", call("set_light", room="hall", scene={"home town": "Ulm", "call": 1, "fine": 2}))]),
        tools=open_scene(),
    ),
]

TYPES = [
    query_case("schema that contains itself", "tools-recursive", RECURSIVE, QUERY, '"query": {', *BAD_VALUES),
    query_case(
        "enum of another type",
        "tools-enum-mixed",
        argument("integer", enum=["jazz", "Bach", "Nina Simone"]),
        f"{QUERY}.enum",
        '"enum": [',
        *BAD_VALUES,
    ),
    file_case(
        "required and null",
        "tools-required-nullable",
        strict_music(),
        line_of(strict_music(), '"volume"', last(strict_music(), '"volume"')),
        "[1].function.parameters.required[1]",
        "tools-union",
    ),
]

CASES = [*SPELLINGS, *OPEN, *TYPES]
