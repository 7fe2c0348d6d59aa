"""Our renderer and our template against the published one, and the parser against the renderer."""

from __future__ import annotations

import contextlib
import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backend.prompts import DEVELOPER_SENTENCE, ParseError, get_format, strip_stop_tokens
from backend.prompts.native_parser import is_name
from backend.prompts.tokens import RESERVED
from backend.records import DECLARATIONS, Call, Declarations, Tool

SHARED = Path(__file__).resolve().parents[4] / "shared"
ENVIRONMENT = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)  # as transformers compiles them
PUBLISHED = ENVIRONMENT.from_string((SHARED / "data/functiongemma/chat_template.jinja").read_text(encoding="utf-8"))
OURS = {
    declarations: ENVIRONMENT.from_string(get_format("native", declarations).chat_template(()))
    for declarations in DECLARATIONS
}
FULL = get_format("native", "full")

names = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=10).filter(is_name)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30).filter(
    lambda text: "<" not in text and not RESERVED.search(text)
)
scalars = (
    texts
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e15, 1e15).filter(lambda number: "e" not in repr(number))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
arguments = st.dictionaries(names, values, max_size=4).filter(
    lambda found: len({key.lower() for key in found}) == len(found)
)
calls = st.builds(Call, names, arguments)


def schemas(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    plain = st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "STRING", "integer", "number", "boolean"]), "description": texts},
        optional={"enum": st.lists(texts, min_size=1, max_size=3), "default": texts, "minimum": st.integers(0, 9)},
    )
    if depth == 0:
        return plain
    inner = schemas(depth - 1)
    nested = st.fixed_dictionaries(
        {"type": st.just("object"), "description": texts},
        optional={
            "properties": st.dictionaries(names, inner, max_size=3),
            "required": st.lists(names, max_size=2),
            "additionalProperties": st.booleans(),
        },
    )
    array = st.fixed_dictionaries(
        {"type": st.just("array"), "description": texts}, optional={"items": st.one_of(plain, nested, st.just({}))}
    )
    return st.one_of(plain, nested, array)


parameters = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(names, schemas(), max_size=4)},
    optional={"required": st.lists(names, max_size=3)},
)
tools = st.builds(Tool, names, texts, st.one_of(st.just({}), parameters))


def messages(message: str) -> list[dict[str, Any]]:
    return [{"role": "developer", "content": DEVELOPER_SENTENCE}, {"role": "user", "content": message}]


def render(template: Any, turns: list[dict[str, Any]], tools: list[Tool], prompt: bool = True) -> str:
    return str(
        template.render(
            messages=turns,
            tools=[tool.to_dict() for tool in tools] or None,
            bos_token="<bos>",
            add_generation_prompt=prompt,
        )
    )


@pytest.mark.parametrize("name", ["cycling", "snips7"])
def test_real_tools_render_as_published(name: str) -> None:
    raw = json.loads((SHARED / "data" / name / "tools.json").read_text(encoding="utf-8"))
    found = [Tool(**{key: one["function"][key] for key in ("name", "description", "parameters")}) for one in raw]
    published = PUBLISHED.render(
        messages=messages(" Where is water? "), tools=raw, bos_token="<bos>", add_generation_prompt=True
    )
    assert FULL.prompt(found, " Where is water? ") == published
    assert render(OURS["full"], messages(" Where is water? "), found) == published


@given(st.lists(tools, min_size=1, max_size=3), texts)
def test_any_tools_render_as_published(found: list[Tool], message: str) -> None:
    published = render(PUBLISHED, messages(message), found)
    assert FULL.prompt(found, message) == published
    assert render(OURS["full"], messages(message), found) == published


@pytest.mark.parametrize("declarations", ["names", "none"])
@given(found=st.lists(tools, min_size=1, max_size=3), message=texts)
def test_template_renders_the_shorter_prompts(declarations: Declarations, found: list[Tool], message: str) -> None:
    prompt = get_format("native", declarations).prompt(found, message)
    assert render(OURS[declarations], messages(message), found) == prompt
    assert ("<start_function_declaration>" in prompt) == (declarations == "names")


@pytest.mark.parametrize("declarations", DECLARATIONS)
@given(found=st.lists(tools, min_size=1, max_size=3), message=texts)
def test_template_renders_the_prompt_without_a_developer_message(
    declarations: Declarations, found: list[Tool], message: str
) -> None:
    prompt = get_format("native", declarations).prompt(found, message)
    assert render(OURS[declarations], messages(message)[1:], found) == prompt


@given(st.lists(calls, min_size=1, max_size=3), texts, st.booleans())
def test_conversations_render_as_published(found: list[Call], message: str, answered: bool) -> None:
    turns = [
        {"role": "user", "content": message},
        {"role": "assistant", "tool_calls": [{"type": "function", "function": call.to_dict()} for call in found]},
    ]
    if answered:
        turns += [
            {"role": "tool", "name": call.name, "content": dict(call.arguments) or {"done": True}} for call in found
        ]
        turns += [{"role": "tool", "content": [{"name": "a", "response": {"b": [1, True, None]}}]}]
        turns += [{"role": "tool", "name": "a", "content": "done"}]
    for prompt in (False, True):
        assert render(OURS["full"], turns, [], prompt) == render(PUBLISHED, turns, [], prompt)
    if answered:
        turns += [
            {"role": "assistant", "content": [{"type": "text", "text": " Yes "}, {"type": "image"}]},
            {"role": "user", "content": message},
        ]
        assert render(OURS["full"], turns, []) == render(PUBLISHED, turns, [])


@given(st.lists(calls, min_size=1, max_size=3))
def test_completion_is_what_the_published_template_renders(found: list[Call]) -> None:
    turns = [*messages("x"), {"role": "assistant", "tool_calls": [{"function": call.to_dict()} for call in found]}]
    whole = render(PUBLISHED, turns, [], prompt=False)
    assert whole == render(PUBLISHED, messages("x"), []) + FULL.completion(found)


@given(st.lists(calls, min_size=1, max_size=3))
def test_parsing_gives_the_calls_back(found: list[Call]) -> None:
    parsed = FULL.parse(FULL.completion(found))
    assert parsed.calls == tuple(found)
    assert parsed.text == ""
    for call, again in zip(found, parsed.calls, strict=True):
        assert json.dumps(dict(call.arguments), sort_keys=True) == json.dumps(dict(again.arguments), sort_keys=True)


@given(texts.filter(lambda text: text.strip()))
def test_a_text_answer_is_no_call(text: str) -> None:
    assert FULL.parse(FULL.completion((), text)) == FULL.parse(text.strip())
    assert FULL.parse(text).calls == ()


@given(st.text(max_size=80) | st.lists(st.sampled_from([*"{}[]:,<", "call", "a", "1", "<escape>"]), max_size=20))
def test_any_text_parses_or_is_refused(text: str | list[str]) -> None:
    body = "".join(text)
    for answer in (body, f"<start_function_call>call:{body}<end_function_call>"):
        with contextlib.suppress(ParseError):
            parsed = FULL.parse(answer)
            assert parsed.calls or parsed.text or not strip_stop_tokens(answer)


@pytest.mark.parametrize(
    "inside",
    [
        "call:a{x:1,}",
        "call:a{x:None}",
        "call:a{x:True}",
        "call:a{x:1.5e-05}",
        "call:a{x:007}",
        'call:a{x:"quoted"}',
        "call:a{<escape>x<escape>:1}",
        "call:a{x:<escape>open}",
        "call:a",
        "call:a{x:1",
        "call:{x:1}",
        "call:true{}",
        "call:call{}",
        "call:a{null:1}",
        "call:a[1]",
        "a{x:1}",
        '{"name": "a", "args": {}}',
        "call:a{x:1}}",
        "call:a{e5:1}",
        "call:a{x:" + "[" * 40 + "]" * 40 + "}",
        "call:a{x:" + "9" * 5000 + "}",
        "call:a{x:9e999}",
        "",
    ],
)
def test_what_the_phone_rejects_is_rejected(inside: str) -> None:
    with pytest.raises(ParseError):
        FULL.parse(f"<start_function_call>{inside}<end_function_call>")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("call:a{}", Call("a", {})),
        ("call:a.b-c{x.y-z:1}", Call("a.b-c", {"x.y-z": 1})),
        ("call:a{x:1,x:2}", Call("a", {"x": 1})),
        ("call : a { x : -0.5 ,\ny:1e3 }", Call("a", {"x": -0.5, "y": 1000.0})),
        (
            "call:a{x:[1,<escape>two<escape>,{k:null}],y:<escape><escape>}",
            Call("a", {"x": [1, "two", {"k": None}], "y": ""}),
        ),
    ],
)
def test_what_the_phone_accepts_is_read(inside: str, expected: Call) -> None:
    parsed = FULL.parse(f"Sure. <start_function_call>{inside}<end_function_call><start_function_response>")
    assert parsed.calls == (expected,)
    assert parsed.text == "Sure."


@pytest.mark.parametrize("answer", ["<pad><pad>", "<pad><end_of_turn>", "<start_function_call>call:a{}", "a<escape>"])
def test_unclean_answers_are_refused(answer: str) -> None:
    with pytest.raises(ParseError):
        FULL.parse(answer)


@given(st.lists(tools, min_size=1, max_size=3), st.sampled_from(["full", "names"]), texts)
def test_a_template_with_its_tools_written_in_needs_none_handed_over(
    given_tools: list[Tool], declarations: Declarations, message: str
) -> None:
    fmt = get_format("native", declarations)
    template = ENVIRONMENT.from_string(fmt.chat_template(given_tools))
    spoken = [{"role": "user", "content": message}]
    handed = [tool.to_dict() for tool in given_tools]
    for found in (handed, handed[::-1], [], None):
        rendered = template.render(messages=spoken, tools=found, bos_token="<bos>", add_generation_prompt=True)
        assert rendered == fmt.prompt(given_tools, message)
