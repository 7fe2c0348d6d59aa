"""Rules that skip plain messages find nothing in them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.data import CheckOptions
from backend.data.rows import Inputs, read_inputs
from backend.data.rules import is_plain_cell, plain_messages, rules_for
from tests.unit.data.builders import TOOLS, call, csv_of, write_files

NAMES = ("play_music", "set_light")
WORDS = st.sampled_from(
    (
        *("play", "some", "jazz", "Here is", "sure,", "user:", "query 3:", "variant 3", "requesting", "with", "1."),
        *("-", "*", "&amp;", "<b>", "{a}", "set_light", "PLAY_MUSIC", "play-music", "'", '"', "`", "=", "@", "5.5"),
        "x" * 300,
    )
)
MESSAGES = st.one_of(st.text(st.characters(max_codepoint=0x17F)), st.lists(WORDS, max_size=5).map(" ".join))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return read_inputs(*write_files(tmp_path_factory.mktemp("set"), csv_of(), TOOLS), CheckOptions())


@given(message=MESSAGES)
@example(message="a")
@example(message="ab")
@example(message="a ")
@example(message="b" * 501)
@example(message="Request play with jazz (variant 3)")
def test_no_rule_on_odd_messages_finds_anything_in_a_plain_one(message: str, inputs: Inputs) -> None:
    skipped = [rule for rule in rules_for("message") if rule.odd_only]
    found = [finding for rule in skipped for finding in rule.check(message, inputs)]
    assert not found or not plain_messages([message], inputs.tools)
    cell = inputs.cell(call("play_music", query="O’Neil’s"))
    for rule in (rule for rule in rules_for("row") if rule.odd_only):
        plain = bool(plain_messages([message], inputs.tools)) and is_plain_cell(cell.text)
        assert not plain or not list(rule.check(message, cell, inputs))


def test_ordinary_sentences_are_plain_and_others_are_not() -> None:
    plain = ["Play some jazz.", "is it 5.5 km, or more?", "Don't stop (now)", "ok"]
    odd = ["", "a", "a ", " ab", "Café", "1. play", "<b>play</b>", "call play_music", "play variant 3", "Sure, play"]
    assert plain_messages([*plain, *odd, "x" * 501], NAMES) == set(plain)


def test_no_message_is_plain_beside_a_name_in_another_script() -> None:
    assert plain_messages(["Play some jazz"], ("spiel_straße",)) == set()


def test_a_cell_with_an_escape_or_another_script_is_not_plain() -> None:
    assert is_plain_cell(call("play_music", query="jazz"))
    assert not is_plain_cell(call("play_music", query="a\nb"))
    assert not is_plain_cell('[{"name": "play_music", "args": {"query": "é"}}]')
