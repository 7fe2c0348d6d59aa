"""Calls that Python and the generated Kotlin must judge alike: by hand and from Hypothesis, as JSON texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backend.device.kotlin_text import string_literal
from backend.records import Call, Tool
from backend.scoring import refusal, suggestion

RANDOM_CALLS = 600
WORDS = [
    *("red", "green", "Amber", "light blue", "ÎLE", "İstanbul", "ΣΟΦΟΣ", "👩‍👩‍👧 home", "x", "xy", "ß"),
    *("5km", "19:00", "v1.0", "Monday", "enable", "Wednesday", "room ٣"),
]
COLOUR = {"type": "string", "enum": WORDS}
PLACE = {
    "type": "object",
    "properties": {"lat": {"type": "number"}, "kind": COLOUR, "floor": {"type": "integer"}},
    "required": ["lat"],
}
PROPERTIES: dict[str, Any] = {
    "room": {"type": "string"},
    "colour": COLOUR,
    "level": {"type": "integer"},
    "share": {"type": "number"},
    "on": {"type": "boolean"},
    "colours": {"type": "array", "items": COLOUR},
    "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    "stops": {"type": "array", "items": PLACE},
    "place": PLACE,
    "open": {"type": "object", "properties": {"kind": COLOUR}, "additionalProperties": True},
    "bag": {"type": "object"},
    "named": {"type": "object", "properties": {}, "additionalProperties": COLOUR},
    "closed": {"type": "object", "properties": {}, "additionalProperties": False},
    "box": {"type": "array", "prefixItems": [{"type": "integer"}, COLOUR], "minItems": 1, "items": False},
    "path": {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "boolean"}},
    "list": {"type": "array"},
    "free": {"description": "anything"},
    "step": {"type": "integer", "enum": [1, 2, 9007199254740993]},
    "ratio": {"type": "number", "enum": [0.5, 1, 1e20]},
    "mixed": {"enum": ["auto", 1, True, 2.5]},
    "twins": {"type": "string", "enum": ["Small", "small", "large", "large"]},
    "dollar $x": {"type": "string", "enum": ["a$b", 'c"d', "back\\slash"]},
}
SWITCH = Tool("set_light", "Everything.", {"type": "object", "properties": PROPERTIES, "required": ["room"]})
PLAIN = Tool("stop", "No arguments.")
NULLS = Tool(
    "free", "A required value of any type.", {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]}
)
ACCEPTED = (SWITCH, PLAIN, NULLS)
TOOLS = {tool.name: tool for tool in ACCEPTED}

VALUES = (
    *("null", "true", "false", "0", "-0.0", "1", "1.0", "5.5", "2", "2.5", "1e20", "-1e400", "1e400"),
    *("9007199254740993", "9007199254740992", "9007199254740992.0", "100000000000000000000", "0.5"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "9223372036854774000", "1e18"),
    *("[]", "[null]", "{}", "[[1, 2.0], [3]]", "[[1.5]]", "[[null]]", '["red", "Red"]', '["rod", 1]', '["grean"]'),
    *('{"lat": 1}', '{"lat": null}', '{"lat": "1"}', '{"lat": 1, "kind": "GREEN"}', '{"lat": 1, "x": null}'),
    *('[{"lat": 1.5, "kind": "amber"}, {"lat": 2}]', '[{"kind": "red"}]', '[{"lat": 0, "floor": 1.5}]'),
    *('{"kind": "red", "more": [1]}', '{"kind": "ligth blue"}', '{"kind": 1, "y": {}}', '"1"', '"true"'),
    *map(json.dumps, [*WORDS, "", "RED", "rod", "read", "road", "rde", "reed", "lightblue", "Light  Blue"]),
    *map(json.dumps, ["île", "ILE", "istanbul", "i\u0307stanbul", "σοφος", "σοφοσ", "👩‍👩‍👧 hom", "👩‍👩 home"]),
    *map(json.dumps, ["X", "XY", "yx", "SS", "ss", "8km", "5kmm", "19:30", "1900", "v2.0", "v1,0", "room ٤", "rom ٣"]),
    *map(json.dumps, ["Sunday", "Mnoday", "Modnya", "unable", "enabel", "wensday", "wensdya", "grene", "gnere"]),
    *map(json.dumps, ["\ud83d", "re\ud800", "a$c", "A$B", 'c"e', "back/slash", "SMALL", "smal", "lage", "Auto", "ato"]),
)  # fmt: skip
"""Values as JSON texts: numbers keep the digits that a parser would lose."""

BY_HAND: tuple[tuple[str, str], ...] = (
    ("fly", "{}"),
    ("", "{}"),
    ("Stop", "{}"),
    ("stop", "{}"),
    ("stop", '{"x": null}'),
    ("free", '{"a": 1}'),
    ("free", '{"a": null, "b": 1}'),
    ("free", '{"a": [null], "b": 1}'),
    ("set_light", "{}"),
    ("set_light", '{"room": null}'),
    ("set_light", '{"Room": "x"}'),
    *(
        ("set_light", f'{{"room": "hall", {json.dumps(name)}: {value}}}')
        for name in ("colour", "mixed", "dollar $x", "twins", "level", "step", "ratio", "share")
        for value in VALUES
    ),
)


RIGHT: dict[str, list[str]] = {
    "colour": [*map(json.dumps, WORDS), '"RED"', '"grean"'],
    "level": ["0", "7.0", "-12", "1e15", "null"],
    "share": ["0.25", "1", "-3e5"],
    "on": ["true", "false"],
    "colours": ["[]", '["red", "x"]', '["Rde", "LIGHT BLUE"]'],
    "grid": ["[[]]", "[[1, 2.0], [3]]"],
    "stops": ['[{"lat": 1, "kind": "amber"}]', '[{"lat": 2.5}]'],
    "place": ['{"lat": 1, "kind": "greem", "floor": 2.0}', '{"lat": 0, "floor": null}'],
    "open": ['{"kind": "red", "more": [null]}', '{"kind": "île"}'],
    "bag": ['{"a": {"b": [1]}}'],
    "list": ["[1, null, {}]"],
    "named": ["{}", '{"a": "red", "b": "grean"}', '{"a": 1}', '{"a": null}'],
    "closed": ["{}", '{"a": 1}'],
    "box": ["[1]", '[2.0, "red"]', '[1, "rde"]', "[]", '[1, "red", 3]', '["red", 1]'],
    "path": ["[]", "[1, true, false]", "[1, 2]", "[true]"],
    "free": ["1", '"x"', "[null]", "true"],
    "step": ["1", "2.0", "9007199254740993"],
    "ratio": ["1", "100000000000000000000"],
    "mixed": ['"auto"', "1.0", "true", '"Auto"'],
    "twins": ['"small"', '"lrge"'],
}
"""Values that are accepted, and some that differ in spelling alone."""


def random_calls() -> list[tuple[str, str]]:
    """Calls with several arguments each, the same in every run."""
    found: list[tuple[str, str]] = []
    value = st.sampled_from(VALUES) | st.integers().map(str) | st.text(max_size=6).map(json.dumps)
    right = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in RIGHT.items()})
    wrong = st.dictionaries(st.sampled_from([*PROPERTIES, "size", "é"]), value, max_size=2)

    @settings(
        max_examples=RANDOM_CALLS,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(right, st.just({}) | wrong)
    def collect(right_arguments: dict[str, str], wrong_arguments: dict[str, str]) -> None:
        pairs = {"room": '"hall"', **right_arguments, **wrong_arguments}
        found.append(("set_light", "{" + ", ".join(f"{json.dumps(key)}: {text}" for key, text in pairs.items()) + "}"))

    collect()
    return found


def judged(name: str, arguments: str) -> tuple[bool, Call | None]:
    """Whether Python refuses the call, and what it suggests."""
    call = Call(name, json.loads(arguments))
    return refusal(call, TOOLS) is not None, suggestion(call, TOOLS)


def acceptance_source(cases: Sequence[tuple[str, str]]) -> str:
    """A Kotlin file that prints of each case whether it is refused, and whether Python's suggestion is offered."""
    lines = []
    for name, arguments in cases:
        offered = judged(name, arguments)[1]
        suggested = string_literal(json.dumps(dict(offered.arguments))) if offered else "null"
        lines.append(f"    Triple({string_literal(name)}, {string_literal(arguments)}, {suggested}),")
    chunks = [lines[at : at + 200] for at in range(0, len(lines), 200)]
    functions = [
        "\n".join([f"fun cases{at}() = listOf<Triple<String, String, String?>>(", *chunk, ")"])
        for at, chunk in enumerate(chunks)
    ]
    called = " + ".join(f"cases{at}()" for at in range(len(chunks)))
    return f"""import kotlinx.serialization.json.*

fun json(value: JsonElement): Any? = when (value) {{
    is JsonObject -> value.mapValues {{ json(it.value) }}
    is JsonArray -> value.map(::json)
    is JsonNull -> null
    is JsonPrimitive ->
        if (value.isString) value.content
        else value.booleanOrNull ?: value.intOrNull ?: value.longOrNull ?: value.doubleOrNull ?: value.content
}}

fun call(name: String, arguments: String): accepted.AppCall =
    accepted.readCall(name, Json.parseToJsonElement(arguments).jsonObject.mapValues {{ json(it.value) }})

fun acceptance() {{
    for ((name, arguments, suggested) in {called}) {{
        val found = call(name, arguments) as? accepted.AppCall.Unreadable
        println("${{found != null}} ${{found?.suggestion == suggested?.let {{ call(name, it) }}}}")
    }}
}}

""" + "\n\n".join(functions)
