"""JSON answers that Python and the generated Kotlin must read alike, hostile ones among them."""

from __future__ import annotations

import json
import struct
from typing import Any

from backend.device.kotlin_text import string_literal
from backend.prompts import ParseError, get_format

CALL = '[{"name": "x", "args": {}}]'
VALUES = (
    *("0", "-0", "10", "010", "0x10", "08", "+1", "-", "--1", "1.", ".5"),
    *("1.5", "1e5", "1E+5", "1e-5", "1e", "1e5.5"),
    *("1_000", "5km", "5 km", "1 2", "1,5", "1/2", "0.0", "-0.0", "00"),
    *("-01", "1f", "1L", "٣", "1٣", "1e400", "-1e400"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "1" * 300, "0.1234567890123456789"),
    *("NaN", "Infinity", "-Infinity", "nan", "null", "Null", "NULL", "nil"),
    *("true", "True", "TRUE", "truee", "tru", "false"),
    *("undefined", "abc", "", " ", "'a'", "`a`", '"a', 'a"', '"a" "b"', '"a";', '"\t"', '"\n"', '"\x00"', '"\x7f"'),
    *(r'"\n\t\r\b\f\/\\\""', r'"\u0041\u00e9\ud83d\ude00"', r'"\ud83d"'),
    *(r'"\u12"', r'"\u12g4"', r'"\u+123"', r'"\x41"'),
    *(r'"\a"', r'"\'"', r'"\0"', r'"\U00000041"', '"\\'),
    *('"\u2028\ufeff日本"', r'"\u 123"', r'"\u0000"', r'"\uD83D\uDE00"'),
    *("[]", "[ ]", "[1]", "[1,]", "[,1]", "[,]", "[1 2]", "[1;2]", "[1"),
    *("1]", "(1)", "{}", "{ }", "[[]", "[}", "{]"),
    *('{"a": 1}', '{"a": 1,}', "{a: 1}", "{'a': 1}", '{"a" 1}'),
    *('{"a" = 1}', '{"a" => 1}', '{"a":}', '{1: 2}', '{"a"}'),
    *('{"a": 1, "a": 2}', '{"b": 1, "a": 2, "b": [3]}', '{"": null}', "{,}", '{null: 1}', '{"a": 1 "b": 2}'),
    *("1 // c", "1 /* c */", "/* c */ 1", "# c\n1", "1 # c", "\f1", "\v1"),
    *("\u00a01", "1\u2003", "\ufeff1", "\r\n\t 1 \n"),
    *("[" * depth + "]" * depth for depth in (1, 29, 60_000)),
    *('{"a":' * depth + "1" + "}" * depth for depth in (1, 29, 60_000)),
    "[" * 60_000,
)  # fmt: skip
"""Texts in the place of an argument's value."""

JSON_TEXTS = (
    *(f'[{{"name": "x", "args": {{"v": {value}}}}}]' for value in VALUES),
    *(CALL + after for after in (CALL, f" {CALL}", f",{CALL}", "]", ",", ";", " and", "\n// c", "\x00", "\n\n")),
    *(before + CALL for before in ("[", "// c\n", "\n", "{", ")]}'\n")),
    *("[" * many for many in (1, 33, 1_000, 60_000)),
    *("[]", "[7]", "{}", "[null]", "[[]]", '["x"]', CALL[1:-1], CALL[:-1], CALL[:-2], CALL[:-2] + "]}"),
    *('[{"name": "x"}]', '[{"args": {}}]', '[{"name": 1, "args": {}}]', '[{"name": "x", "args": []}]'),
    *('[{"name": "x", "args": null}]', '[{"name": null, "args": {}}]', '[{"name": "x", "args": {}, "id": 1}]'),
    *('[{"name": "y", "name": "x", "args": {}}]', f"{CALL[:-1]}, {CALL[1:]}", f"{CALL[:-1]} {CALL[1:]}"),
    *("[{name: x, args: {}}]", "[{'name': 'x', 'args': {}}]"),
    *('[{"NAME": "x", "args": {}}]', "[x]", "[x, y", "[1] ok"),
    *(f"{CALL}<end_of_turn>", f"{CALL}\n<end_of_turn><eos>", "ok", "ok [1]", "", "<end_of_turn>"),
)  # fmt: skip


def read_by_python(answer: str) -> str:
    """What the trainer reads in an answer, spelled as `read` in READER spells it."""
    try:
        parsed = get_format("json", "none").parse(answer)
    except ParseError:
        return "unreadable"
    return "; ".join(f"{call.name} {_spelled(dict(call.arguments))}" for call in parsed.calls) or _spelled(parsed.text)


READER = """
fun spelled(value: Any?): String = when (value) {
    is Map<*, *> -> value.entries.joinToString(",", "{", "}") { "${spelled(it.key)}:${spelled(it.value)}" }
    is List<*> -> value.joinToString(",", "[", "]", transform = ::spelled)
    is String -> value.map { "%04x".format(it.code) }.joinToString("", "'", "'")
    is Double -> "double %016x".format(value.toRawBits())
    else -> value.toString()
}

fun read(answer: String): String {
    val found = json.readAnswer(answer)
    if (found.problem != null) return "unreadable"
    val calls = found.calls.map { it as json.AppCall.Unreadable }
    return calls.joinToString("; ") { "${it.name} ${spelled(it.arguments)}" }.ifEmpty { spelled(found.text) }
}
"""
"""Reads with the kit of tools that do not include `x`: such a call holds its arguments as they were read."""


def read_by_kotlin() -> list[str]:
    """The statements that print one line for each of JSON_TEXTS; long runs are repeated on the JVM."""
    return [f"println(read({_expression(text)}))" for text in JSON_TEXTS]


def _expression(text: str) -> str:
    for run in ("[", "]", '{"a":', "}"):
        many = text.count(run)
        if many >= 1_000 and run * many in text:
            before, after = text.split(run * many)
            return f"{_expression(before)} + {string_literal(run)}.repeat({many}) + {_expression(after)}"
    return string_literal(text)


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{','.join(f'{_spelled(key)}:{_spelled(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_spelled, value))}]"
    if isinstance(value, str):
        units = value.encode("utf-16-be", "surrogatepass").hex()
        return f"'{units}'"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return str(value)
    return f"double {struct.pack('>d', float(value)).hex()}"
