"""The JSON prompt: its text, its template, and its parser."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backend.errors import InputError
from backend.prompts import ParseError, get_format
from backend.records import DECLARATIONS, Call, Declarations, Tool

ENVIRONMENT = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
TOOL = Tool("find", 'Finds "it" \\ {{ here }}\n🙂', {"type": "object", "properties": {}})
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=("Cs",))).filter(
        lambda text: "<" not in text and "[multimodal]" not in text
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("declarations", DECLARATIONS)
def test_template_renders_the_prompt(declarations: Declarations) -> None:
    fmt = get_format("json", declarations)
    rendered = ENVIRONMENT.from_string(fmt.chat_template([TOOL])).render(
        messages=[{"role": "system", "content": "ignored"}, {"role": "user", "content": " hi "}],
        tools=[{"anything": 1}],
        bos_token="<bos>",
        add_generation_prompt=True,
    )
    assert rendered == fmt.prompt([TOOL], "hi")
    assert ("find" in rendered) == (declarations != "none")


def test_the_prompt_is_the_documented_one() -> None:
    prompt = get_format("json", "full").prompt([TOOL], "hi")
    assert prompt == (
        "<bos><start_of_turn>system\nYou are a helpful assistant with access to the following tools:\n\n"
        + json.dumps([TOOL.to_dict()], indent=2, ensure_ascii=False)
        + "\n\nWhen a tool is needed, respond ONLY with the tool call in this format:\n"
        + '[{"name": "function_name", "args": {"query": "value"}}]\n<end_of_turn>\n'
        + "<start_of_turn>user\nhi\n<end_of_turn>\n<start_of_turn>model\n"
    )


@given(st.lists(st.builds(Call, st.text("abc", min_size=1), st.dictionaries(st.text("abc"), json_values)), min_size=1))
def test_parsing_gives_the_calls_back(calls: list[Call]) -> None:
    fmt = get_format("json", "full")
    assert fmt.parse(fmt.completion(calls)).calls == tuple(calls)


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "[1]",
        '[{"name": "a"}]',
        '{"name": "a", "args": {}}',
        '[{"name": 1, "args": {}}]',
        "[" * 100_000,
        "<pad>",
    ],
)
def test_broken_answers_are_refused(answer: str) -> None:
    with pytest.raises(ParseError):
        get_format("json", "full").parse(answer)


def test_text_is_no_call() -> None:
    fmt = get_format("json", "none")
    assert fmt.parse(fmt.completion((), "Sorry.")).text == "Sorry."


def test_unknown_words_are_refused() -> None:
    with pytest.raises(InputError, match="native, json"):
        get_format("yaml", "full")  # type: ignore[arg-type]  # the wrong word is the point
    with pytest.raises(InputError, match="full, names, none"):
        get_format("native", "some")  # type: ignore[arg-type]  # the wrong word is the point
