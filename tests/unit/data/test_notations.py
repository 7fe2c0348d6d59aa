"""The notations in which other sets write their labels: each gives the call back, or is left unread."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.data import CheckOptions
from backend.data.calls import read_calls
from backend.data.fixing import plan_fixes
from tests.unit.data.builders import TOOLS, call, csv_of, write_files

OPTIONS = CheckOptions(declarations="none", allow_multiple_calls=True)
CALL = {"name": "f", "args": {"a": 1}}
JSON = json.dumps(CALL)
OPENAI = '{"name": "f", "arguments": {"a": 1}}'


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>\n{OPENAI}\n</tool_call>",
        f"<tool_call>{OPENAI}",
        f"<tool_calls><tool_call>{OPENAI}</tool_call></tool_calls>",
        "<tool_call>\n{'arguments': {'a': 1}, 'name': 'f'}\n</tool_call><|im_end|>",
        f"<functioncall> {OPENAI} <|endoftext|>",
        """<functioncall> {"name": "f", "arguments": '{"a": 1}'} <|endoftext|>""",
        """{"name": "f", "arguments": '{"a": 1}'}""",
        f"[TOOL_CALLS] [{OPENAI}]</s>",
        '<|python_tag|>{"name": "f", "parameters": {"a": 1}}<|eom_id|>',
        f"<|tool_call|>[{OPENAI}]<|/tool_call|>",
        "<|tool_call_start|>[f(a=1)]<|tool_call_end|>",
        '<function=f>{"a": 1}</function>',
        "[f(a=1)]",
        "f(a=1)",
        'f({"a": 1})',
        "[f({a: 1})]",
        "{name: 'f', args: {a: 1}}",
        "[{'name': 'f', 'args': {'a': 1, 'b': null}}]",
        """[ChatCompletionMessageToolCall(id='x', function=Function(arguments='{"a":1}', name='f'))]""",
        """ToolUseBlock(id='x', input={'a': 1}, name='f', type='tool_use')""",
        'Action: f\nAction Input: {"a": 1}',
        'Thought: It is f.\nAction: f\nAction Input: {"a": 1}',
        '[{"name": "f", "args": [["a", 1]]}]',
        '[{"name": "f", "arguments": [{"name": "a", "value": 1}]}]',
        f"<think>It is [f].</think>\n\n[{JSON}]",
        f"It is f.</think>{JSON}",
        f"<thinking>f</thinking><tool_call>{OPENAI}</tool_call>",
        f"<think>f</think>```json\n[{JSON}]\n```",
        f"I will do that for you.\n{OPENAI}",
        f"Sure: [{JSON}] Done!",
        "Let me see: <start_function_call>call:f{a:1}<end_function_call>",
        '{"f": {"a": 1}}',
        '[{"f": {"a": 1}, "g": null}]',
        '{"f": "{\\"a\\": 1}"}',
        '[{"name": "f", "kwargs": "{\'a\': 1}"}]',
        '[{"name": "f", "args": null, "params": {"a": 1}}]',
        '[{"tool_name": "f", "name": null, "tool_args": {"a": 1, "b": null}}]',
        f'{{"role": "assistant", "content": null, "tool_calls": [{{"type": "function", "function": {OPENAI}}}]}}',
        '{"function_call": {"name": "f", "arguments": "{\\"a\\": 1}"}}',
        '{"functionCall": {"name": "f", "args": {"a": 1}}}',
        '{"type": "tool_use", "id": "x", "name": "f", "input": {"a": 1}}',
    ],
)
def test_one_call_is_read(text: str) -> None:
    cell = read_calls(text)
    assert cell.canonical == json.dumps([CALL])
    assert not any(one.extra for one in cell.sound)


@pytest.mark.parametrize(
    "text",
    [
        f"{JSON}\n{JSON}",
        f"{JSON}; {JSON}",
        f"[{JSON}]\n[{JSON}]",
        f"{CALL}\n{CALL}",
        f"<tool_call>{JSON}</tool_call>\n<tool_call>{JSON}</tool_call>",
        "[f(a=1), f(a=1)]",
        "f(a=1)\nf(a=1)",
        '[{"f": {"a": 1}}, {"f": {"a": 1}}]',
    ],
)
def test_two_calls_are_read(text: str) -> None:
    assert read_calls(text).canonical == json.dumps([CALL, CALL])


@pytest.mark.parametrize(
    "text",
    [
        "[f(1)]",
        "[f(a=Paris)]",
        "[f(a=1]",
        'f({"a": 1}, 2)',
        "Thought: f",
        "f(a=1, a=2)",
        f"[1] {JSON}",
        f"[{JSON}",
        f"{JSON} or {JSON}",
        "<tool_call>play</tool_call>",
        "<think>f(a=1)</think>",
        'Say {"a": 1}',
        "no call",
        "nothing()!",
    ],
)
def test_what_has_no_one_reading_is_left_unread(text: str) -> None:
    assert read_calls(text).calls is None


def test_nulls_go_at_every_depth_and_an_object_of_nulls_with_them() -> None:
    arguments = {"s": {"a": None, "b": {"c": None}}, "t": {"k": 1, "m": None}, "l": [None, 2], "e": {}}
    call_read = read_calls(json.dumps([{"name": "f", "args": arguments}])).sound[0]
    assert call_read.arguments == {"t": {"k": 1}, "l": [None, 2], "e": {}}
    assert call_read.nulls == ("s.a", "s.b.c", "t.m")


texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8)
scalars = st.one_of(texts, st.integers(-(10**6), 10**6), st.booleans(), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(st.sampled_from("uvw"), scalars, max_size=2))
calls = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["f", "get_weather", "a.b", "x-1"]),
        "args": st.dictionaries(st.sampled_from(["a", "from", "class", "b_1", "x-y"]), values, max_size=3),
    }
)


def _python(call_: dict[str, Any], literal: Callable[[Any], str]) -> str:
    return f"{call_['name']}({', '.join(f'{key}={literal(value)}' for key, value in call_['args'].items())})"


def _glaive(call_: dict[str, Any]) -> str:
    return f"""<functioncall> {{"name": "{call_["name"]}", "arguments": '{json.dumps(call_["args"])}'}} <|endoftext|>"""


WRITERS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "hermes": lambda some: "".join(f"<tool_call>\n{json.dumps(one)}\n</tool_call>\n" for one in some),
    "hermes with Python": lambda some: "\n".join(f"<tool_call>\n{one}\n</tool_call>" for one in some),
    "glaive": lambda some: _glaive(some[0]) if len(some) == 1 else json.dumps(some),
    "toolace with JSON": lambda some: f"[{', '.join(_python(one, json.dumps) for one in some)}]",
    "toolace with Python": lambda some: f"[{', '.join(_python(one, repr) for one in some)}]",
    "lines": lambda some: "\n".join(map(json.dumps, some)) if len(some) > 1 else json.dumps(some),
    "thoughts": lambda some: f"<think>Hm {{x}}, [y].</think>{json.dumps(some)}",
    "prose": lambda some: f"So be it: {json.dumps(some)}",
    "names as keys": lambda some: json.dumps([{one["name"]: one["args"]} for one in some]),
}


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=30)
@given(some=st.lists(calls, min_size=1, max_size=3))
def test_what_was_written_is_read(writer: str, some: list[dict[str, Any]]) -> None:
    cell = read_calls(WRITERS[writer](some))
    assert [{"name": one.name, "args": one.arguments} for one in cell.sound] == some
    assert read_calls(cell.canonical).shapes == ()


def test_a_fix_writes_the_standard_label(tmp_path: Path) -> None:
    jazz, hall = call("play_music", query="jazz"), call("set_light", room="hall")
    both = jazz[:-1] + ", " + hall[1:]
    rows = [
        ("Some of that", f"<tool_call>{jazz[1:-1]}</tool_call>", jazz),
        ("Some of this", '[play_music(query="jazz")]', jazz),
        ("More of both", f"{jazz[1:-1]}\n{hall[1:-1]}", both),
        ("A bit of all", '{"play_music": {"query": "jazz", "room": null}}', jazz),
    ]
    files = write_files(tmp_path, csv_of([row[:2] for row in rows]), TOOLS)
    planned = plan_fixes(*files, OPTIONS)
    assert planned.csv_text == csv_of([(message, fixed) for message, _, fixed in rows])
