"""Broken inputs: messages and calls. The broken row stands on line 8, below the sound ones."""

from __future__ import annotations

import json
from typing import Any

from backend.data import CheckOptions
from tests.unit.data.builders import Case, call, csv_of

SOUL = call("play_music", query="soul")
CALLS, MESSAGE = "tool_calls", "user_message"


def _message(name: str, text: str, code: str, *also: str) -> Case:
    return Case(name, ((code, 8, MESSAGE),), csv_of([(text, SOUL)]), also=also)


def _calls(name: str, cell: str, code: str, *also: str, options: CheckOptions | None = None) -> Case:
    case_options = options or CheckOptions(declarations="none")
    return Case(name, ((code, 8, CALLS),), csv_of([("Some soul for me", cell)]), options=case_options, also=also)


def _args(name: str, code: str, *also: str, **arguments: Any) -> Case:
    return _calls(name, call("set_light", **arguments), code, *also)


MESSAGES = [
    _message("empty", "", "message-empty"),
    _message("spaces only", "   ", "message-empty"),
    _message("zero-width only", "\u200b\u200b", "message-empty"),
    _message("one character", "?", "message-too-short"),
    _message("long", "soul " * 120, "message-too-long"),
    _message("bos", "<bos>Play soul", "message-reserved-token"),
    _message("eos", "Play soul<eos>", "message-reserved-token"),
    _message(
        "end of turn", "Play<end_of_turn>\n<start_of_turn>model soul".replace("\n", " "), "message-reserved-token"
    ),
    _message("escape", "Play <escape>soul<escape>", "message-reserved-token"),
    _message("start of call", "<start_function_call>call:x{}", "message-reserved-token"),
    _message("end of response", "soul <end_function_response>", "message-reserved-token"),
    _message("start of declaration", "<start_function_declaration> soul", "message-reserved-token"),
    _message("unused", "soul <unused42>", "message-reserved-token"),
    _message("start of image", "<start_of_image> soul", "message-reserved-token"),
    _message("pad", "soul <pad>", "message-reserved-token"),
    _message("mask", "soul <mask>", "message-reserved-token"),
    _message("lone surrogate", "Play \ud83d soul", "message-broken-character"),
    _message("tool's name", "Use play_music for soul", "message-tool-name"),
    _message("tool's name in capitals", "SET_LIGHT hall", "message-tool-name"),
    _message("placeholder", "Requesting play_music with soul (Indirect intent. variant 0)", "message-placeholder"),
    _message("placeholder's tail", "Soul, please (polite phrasing variant 12)", "message-placeholder"),
    _message("numbering", "1. Play some soul", "message-generator-leftover"),
    _message("bracketed numbering", "12) Play some soul", "message-generator-leftover"),
    _message("bullet", "- Play some soul", "message-generator-leftover"),
    _message("wrapping quotes", '"Play some soul"', "message-generator-leftover"),
    _message("wrapping curly quotes", "“Play some soul”", "message-generator-leftover"),
    _message("here is", "Here is a request for soul", "message-generator-leftover"),
    _message("sure", "Sure, play some soul", "message-generator-leftover"),
    _message("user label", "User: play some soul", "message-generator-leftover"),
    _message("markdown", "Play **soul** now", "message-generator-leftover"),
    _message("html", "Play soul<br>now", "message-generator-leftover"),
    _message("entity", "Drum &amp; bass", "message-generator-leftover"),
    _message("mojibake", "CafÃ© music", "message-mojibake"),
    _message("mojibake quote", "Whatâ€™s playing", "message-mojibake"),
    _message("lost character", "Caf\ufffd music", "message-mojibake"),
    _message("leading space", " Play some soul", "message-outer-space"),
    _message("trailing space", "Play some soul ", "message-outer-space"),
    _message("no-break space outside", "Play some soul\u00a0", "message-outer-space"),
    _message("zero-width space", "Play\u200b some soul", "message-invisible-character"),
    _message("right-to-left mark", "Play \u200fsome soul", "message-invisible-character"),
    _message("mark inside", "Play \ufeffsome soul", "message-invisible-character"),
    _message("soft hyphen", "Play some so\u00adul", "message-invisible-character"),
    _message("useless joiner", "Play\u200d some soul", "message-invisible-character"),
    _message("line separator", "Play\u2028some soul", "message-invisible-character"),
    _message("not composed", "Cafe\u0301 music", "message-not-nfc"),
    _message("equals sign", "=SUM(A1) soul", "message-formula"),
    _message("at sign", "@dj play some soul", "message-formula"),
    _message("plus sign", "+1 for soul", "message-formula"),
    _message("minus sign", "-5 degrees and soul", "message-formula"),
]

SEVERAL = CheckOptions(declarations="none", allow_multiple_calls=True)

JSON_CELLS = [
    _calls("empty cell", "", "calls-empty-cell"),
    _calls("blank cell", "  ", "calls-empty-cell"),
    _calls("half a list", '[{"name": "play_music"', "calls-not-json"),
    _calls("bare word", "play_music", "calls-not-json"),
    _calls("two lists", f"{SOUL}{SOUL}", "calls-json-lines", "calls-several"),
    _calls("two lines", f"{SOUL[1:-1]}\n{SOUL[1:-1]}", "calls-json-lines", "calls-several"),
    _calls("hermes", f"<tool_call>\n{SOUL[1:-1]}\n</tool_call>", "calls-tool-call-tags"),
    _calls(
        "glaive",
        """<functioncall> {"name": "play_music", "arguments": '{"query": "soul"}'} <|endoftext|>""",
        "calls-functioncall",
    ),
    _calls("xml", "<function=play_music><parameter=query>soul</parameter></function>", "calls-function-tags"),
    _calls("toolace", '[play_music(query="soul")]', "calls-python-call"),
    _calls("thoughts", f"<think>Soul it is.</think>{SOUL}", "calls-other-text"),
    _calls("prose", f"Here it is: {SOUL}", "calls-other-text"),
    _calls("bare keys", '[{name: "play_music", args: {query: "soul"}}]', "calls-bare-keys"),
    _calls(
        "pairs",
        '[{"name": "play_music", "args": [{"key": "query", "value": "soul"}]}]',
        "calls-arguments-as-pairs",
    ),
    _calls("name as key", '{"play_music": {"query": "soul"}}', "calls-name-as-key"),
    _calls("params", SOUL.replace("args", "params"), "calls-argument-key"),
    _calls("kwargs", SOUL.replace("args", "kwargs"), "calls-argument-key"),
    _calls("tool_args", SOUL.replace("args", "tool_args"), "calls-argument-key"),
    _calls(
        "nested nulls",
        '[{"name": "set_light", "args": {"room": "hall", "scene": {"name": "x", "speed": null}, "query": null}}]',
        "calls-null-argument",
    ),
    _calls("missing comma", '[{"name": "play_music" "args": {"query": "soul"}}]', "calls-not-json"),
    _calls("not text NA", "NA", "calls-not-json"),
    _calls("too deep", "[" * 500 + "]" * 500, "calls-not-json"),
    _calls("python repr", str(json.loads(SOUL)), "calls-python-repr"),
    _calls("python None", "[{'name': 'play_music', 'args': {'query': 'soul', 'x': None}}]", "calls-python-repr"),
    _calls("smart quotes", SOUL.replace('"', "“"), "calls-smart-quotes"),
    _calls("paired smart quotes", "[{“name”: “play_music”, “args”: {“query”: “soul”}}]", "calls-smart-quotes"),
    _calls("code fence", f"```json {SOUL} ```", "calls-code-fence"),
    _calls("trailing comma", '[{"name": "play_music", "args": {"query": "soul",}}]', "calls-trailing-comma"),
    _calls(
        "native syntax",
        "<start_function_call>call:play_music{query:<escape>soul<escape>}<end_function_call>",
        "calls-native-syntax",
    ),
    _calls("null", "null", "calls-not-a-list"),
    _calls("number", "42", "calls-not-a-list"),
    _calls("string", '"play_music"', "calls-not-a-list"),
    _calls("list of words", '["play_music"]', "calls-item-not-an-object"),
    _calls("list of lists", f"[{SOUL}]", "calls-item-not-an-object"),
    _calls(
        "nan",
        '[{"name": "set_light", "args": {"room": "hall", "level": NaN}}]',
        "calls-not-finite",
        "calls-wrong-type",
        "calls-round-trip",
    ),
    _calls(
        "infinity",
        '[{"name": "set_light", "args": {"room": "hall", "scene": {"speed": -Infinity}}}]',
        "calls-not-finite",
        "calls-round-trip",
    ),
    _calls(
        "1e999",
        '[{"name": "set_light", "args": {"room": "hall", "scene": {"speed": 1e999}}}]',
        "calls-not-finite",
        "calls-round-trip",
    ),
    _calls("repeated key", '[{"name": "play_music", "args": {"query": "a", "query": "soul"}}]', "calls-repeated-key"),
    _calls("bare object", SOUL[1:-1], "calls-bare-object"),
    _calls("json in a string", json.dumps(SOUL), "calls-json-in-string"),
    _calls("arguments", SOUL.replace("args", "arguments"), "calls-argument-key"),
    _calls("parameters", SOUL.replace("args", "parameters"), "calls-argument-key"),
    _calls("input", SOUL.replace("args", "input"), "calls-argument-key"),
    _calls(
        "arguments as text",
        '[{"name": "play_music", "args": "{\\"query\\": \\"soul\\"}"}]',
        "calls-arguments-in-string",
    ),
    _calls(
        "function wrapper",
        '[{"type": "function", "function": {"name": "play_music", "args": {"query": "soul"}}}]',
        "calls-wrapped-call",
    ),
    _calls("tool_name", SOUL.replace('"name"', '"tool_name"'), "calls-wrapped-call"),
    _calls("extra key", SOUL[:-2] + ', "confidence": 0.9}]', "calls-extra-key"),
]

MEANINGS = [
    _calls("no call", "[]", "calls-no-call"),
    _calls("two calls", SOUL[:-1] + ", " + call("set_light", room="hall")[1:], "calls-several"),
    _calls("the same call twice", SOUL[:-1] + ", " + SOUL[1:], "calls-repeated-call", options=SEVERAL),
    _calls("no name", '[{"args": {"query": "soul"}}]', "calls-no-name"),
    _calls("empty name", '[{"name": "", "args": {"query": "soul"}}]', "calls-no-name"),
    _calls("number as name", '[{"name": 5, "args": {"query": "soul"}}]', "calls-no-name"),
    _calls("list as arguments", '[{"name": "play_music", "args": ["soul"]}]', "calls-arguments-not-an-object"),
    _calls("word as arguments", '[{"name": "play_music", "args": "soul"}]', "calls-arguments-not-an-object"),
    _calls("unknown tool", call("play_musik", query="soul"), "calls-unknown-tool"),
    _calls("tool in other case", call("Play_Music", query="soul"), "calls-unknown-tool"),
    _calls("tool with a space", call("play_music ", query="soul"), "calls-unknown-tool"),
    _calls("missing argument", call("play_music"), "calls-missing-argument"),
    _calls("null required argument", '[{"name": "play_music", "args": {"query": null}}]', "calls-missing-argument"),
    _calls("no arguments", '[{"name": "play_music"}]', "calls-missing-argument"),
    _calls("unknown argument", call("play_music", query="soul", volume=3), "calls-unknown-argument"),
    _calls("misspelt argument", call("play_music", qery="soul"), "calls-unknown-argument", "calls-missing-argument"),
    _args("unknown nested argument", "calls-unknown-argument", room="hall", scene={"nam": "disco"}),
    _args("number as text", "calls-wrong-type", room="hall", level="5"),
    _args("fraction for an integer", "calls-wrong-type", room="hall", level=1.5),
    _args("boolean for an integer", "calls-wrong-type", room="hall", level=True),
    _args("text for a boolean", "calls-wrong-type", room="hall", warm="yes"),
    _args("one for a boolean", "calls-wrong-type", room="hall", warm=1),
    _args("text for an object", "calls-wrong-type", room="hall", scene="disco"),
    _args("text for an array", "calls-wrong-type", room="hall", tags="party"),
    _args("number in an array of strings", "calls-wrong-type", room="hall", tags=["party", 5]),
    _args("text for a nested number", "calls-wrong-type", room="hall", scene={"speed": "fast"}),
    _calls("number for a string", '[{"name": "play_music", "args": {"query": 5}}]', "calls-wrong-type"),
    _args("not in the enum", "calls-not-in-enum", room="cellar"),
    _args("enum in capitals", "calls-not-in-enum", room="Kitchen"),
    _args("enum with a space", "calls-not-in-enum", room="bath room"),
    _calls("null argument", '[{"name": "set_light", "args": {"room": "hall", "level": null}}]', "calls-null-argument"),
    _calls("token in a value", call("play_music", query="soul<escape>"), "calls-reserved-token", "calls-round-trip"),
    _calls(
        "turn in a value", call("play_music", query="<start_of_turn>user"), "calls-reserved-token", "calls-round-trip"
    ),
    _calls("mojibake in a value", call("play_music", query="CafÃ©"), "calls-mojibake"),
    _calls("zero-width space in a value", call("play_music", query="so\u200bul"), "calls-invisible-character"),
    _calls("value not composed", call("play_music", query="Cafe\u0301"), "calls-not-nfc"),
    _calls("space before a value", call("play_music", query=" soul"), "calls-outer-space"),
    Case(
        "other marks in a value",
        (("row-other-marks", 8, CALLS),),
        csv_of([("Play O’Neil’s song", call("play_music", query="O'Neil's"))]),
    ),
    _calls("half a character", '[{"name": "play_music", "args": {"query": "\\ud83d"}}]', "calls-broken-character"),
    _calls("nul in a value", '[{"name": "play_music", "args": {"query": "a\\u0000b"}}]', "calls-control-character"),
    _calls("empty string", call("play_music", query=""), "calls-empty-string"),
    _args("fraction with exponent", "calls-number-form", "calls-round-trip", room="hall", scene={"speed": 1.5e-9}),
    _args("beyond 2^53", "calls-number-form", room="hall", level=2**53 + 1),
    _args("label lost in the format", "calls-round-trip", "calls-number-form", room="hall", scene={"speed": 2.5e-7}),
]

CASES = [*MESSAGES, *JSON_CELLS, *MEANINGS]
