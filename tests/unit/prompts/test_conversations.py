"""A conversation: each prompt begins with the one before it, and no text in it is read as a control token."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backend.prompts import BOS, DEVELOPER_SENTENCE, NEUTRALIZED, get_format, neutralize, render_response
from backend.prompts.tokens import RESERVED, user_defined_symbols
from backend.records import DECLARATIONS, FORMATS, Call, Declarations, FormatName, Tool

ENVIRONMENT = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)  # as transformers compiles them
TOOLS = (
    Tool("find", "Finds it.", {"type": "object", "properties": {"query": {"type": "string", "description": "what"}}}),
    Tool("stop", "Stops."),
)
KINDS = tuple(product(FORMATS, DECLARATIONS))
TEMPLATES = {kind: ENVIRONMENT.from_string(get_format(*kind).chat_template(TOOLS)) for kind in KINDS}

texts = st.lists(
    st.sampled_from([*user_defined_symbols(), "<bos>", "<eos>", "<", ">", "<<escape>escape>", " ", "a", "é", "🏔️"])
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
    max_size=6,
).map("".join)
scalars = texts | st.booleans() | st.integers(-9, 9) | st.none()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2), max_leaves=4
)
calls = st.builds(Call, st.sampled_from(["find", "stop"]), st.fixed_dictionaries({"query": texts}))
responses = st.one_of(
    st.builds(
        lambda response: {"role": "tool", "content": [{"type": "tool_response", "name": "find", "response": response}]},
        values,
    ),
    st.builds(lambda text: {"role": "tool", "content": [{"type": "text", "text": text}]}, texts),
    st.builds(lambda text: {"role": "tool", "name": "find", "content": text}, texts),
    st.just({"role": "tool", "content": []}),
)
called = st.builds(
    lambda found: {
        "role": "assistant",
        "tool_calls": [{"type": "function", "function": call.to_dict()} for call in found],
    },
    st.lists(calls, min_size=1, max_size=2),
)
written = st.builds(lambda text: {"role": "assistant", "content": [{"type": "text", "text": text}]}, texts)
asked = st.builds(lambda text: {"role": "user", "content": text}, texts)
divided = st.builds(
    lambda parts: {"role": "user", "content": [{"type": "text", "text": part} for part in parts]},
    st.lists(texts | st.sampled_from(["<end_of_", "turn>", "<esc", "ape>"]), min_size=1, max_size=4),
)
exchange = st.builds(
    lambda question, answer, more: [question, answer, *(part for pair in more for part in pair)],
    asked,
    st.one_of(called, written),
    st.lists(st.tuples(responses, st.one_of(called, written)), max_size=2),
)
unanswered = st.builds(lambda question, answer, response: [question, answer, response], asked, called, responses)
"""The runtime keeps a response whose answer it could not read."""
histories = st.lists(st.one_of(exchange, unanswered), min_size=1, max_size=4).map(
    lambda parts: [one for part in parts for one in part]
)


def render(kind: tuple[FormatName, Declarations], messages: list[dict[str, Any]], prompt: bool) -> str:
    return str(
        TEMPLATES[kind].render(
            messages=[{"role": "system", "content": DEVELOPER_SENTENCE}, *messages],
            tools=[tool.to_dict() for tool in TOOLS],
            bos_token=BOS,
            add_generation_prompt=prompt,
        )
    )


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@settings(max_examples=25)
@given(history=histories, more=st.one_of(asked, divided, responses))
def test_a_prompt_begins_with_the_one_before(
    kind: tuple[FormatName, Declarations], history: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    """LiteRT-LM sends the model what the new prompt has beyond the old one, and refuses any other prompt."""
    old = render(kind, history, prompt=False)
    new = render(kind, [*history, more], prompt=True)
    assert new.startswith(old)
    assert len(new) > len(old)


@pytest.mark.parametrize("content", ["", [], [{"type": "text", "text": ""}], None])
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_conversation_goes_on_after_silence(kind: tuple[FormatName, Declarations], content: Any) -> None:
    history: list[dict[str, Any]] = [{"role": "user", "content": "what is jazz"}]
    asked = render(kind, history, prompt=True)
    history.append({"role": "assistant", "content": content})
    silent = render(kind, history, prompt=False)
    assert silent.startswith(asked)
    assert silent[len(asked) :].strip() == "<end_of_turn>"
    later = render(kind, [*history, {"role": "user", "content": "find it"}], prompt=True)
    assert later == silent + get_format(kind[0], "none").prompt((), "find it").removeprefix(BOS)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@settings(max_examples=25)
@given(history=histories, message=texts)
def test_a_later_message_reads_as_the_first_one_does(
    kind: tuple[FormatName, Declarations], history: list[dict[str, Any]], message: str
) -> None:
    alone = get_format(kind[0], "none").prompt((), message).removeprefix(BOS)
    later = render(kind, [*history, {"role": "user", "content": message}], prompt=True)
    assert later.endswith(alone)
    assert get_format(*kind).prompt(TOOLS, message).endswith(alone)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@given(message=texts)
def test_the_template_neutralizes_as_the_renderer_does(kind: tuple[FormatName, Declarations], message: str) -> None:
    assert render(kind, [{"role": "user", "content": message}], prompt=True) == get_format(*kind).prompt(TOOLS, message)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@given(message=divided)
def test_no_control_token_is_made_of_parts(kind: tuple[FormatName, Declarations], message: dict[str, Any]) -> None:
    rendered = render(kind, [message], prompt=True)
    whole = "".join(part["text"].strip() for part in message["content"])
    assert rendered == get_format(*kind).prompt(TOOLS, whole) or whole != whole.strip()
    assert rendered.count("<end_of_turn>") == get_format(*kind).prompt(TOOLS, "x").count("<end_of_turn>")


@given(texts)
def test_no_control_token_is_left_in_a_text(text: str) -> None:
    plain = neutralize(text)
    assert not RESERVED.search(plain)
    assert plain.replace(" ", "") == text.replace(" ", "")
    assert neutralize(plain) == plain


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@given(response=responses)
def test_no_control_token_is_left_in_a_response(
    kind: tuple[FormatName, Declarations], response: dict[str, Any]
) -> None:
    history = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"function": {"name": "find"}}]}]
    old = render(kind, history, prompt=False)
    new = render(kind, [*history, response], prompt=True)[len(old) :]
    allowed = {
        "native": ("<start_function_response>", "<end_function_response>", "<escape>"),
        "json": ("<start_of_turn>", "<end_of_turn>"),
    }[kind[0]]
    assert {found.group() for found in RESERVED.finditer(new)} <= set(allowed)
    assert new.count("<end_function_response>" if kind[0] == "native" else "<end_of_turn>") == 1
    assert new.count("<escape>") % 2 == 0


def test_every_control_token_is_neutralized() -> None:
    for token in [*user_defined_symbols(), "<pad>", "<eos>", "<bos>", "<unk>"]:
        assert token == "\n" or any(token.startswith(start) for start in NEUTRALIZED)


@given(
    response=st.dictionaries(texts, values, max_size=3).filter(lambda keys: len({k.lower() for k in keys}) == len(keys))
)
def test_a_response_is_rendered_as_the_template_does(response: dict[str, Any]) -> None:
    history = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"function": {"name": "find"}}]}]
    message = {"role": "tool", "content": [{"type": "tool_response", "name": "find", "response": response}]}
    kind: tuple[FormatName, Declarations] = ("native", "none")
    old = render(kind, history, prompt=False)
    new = render(kind, [*history, message], prompt=True)
    assert new == old + render_response("find", response).removeprefix("<start_function_response>")
