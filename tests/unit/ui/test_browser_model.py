"""What the browser is given, and what becomes of what it brings back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backend.data.tools.reading import read_tools
from backend.prompts import get_format
from backend.records import DECLARATIONS, FORMATS, Declarations, FormatName
from backend.runs import Run, RunConfig
from ui.playground.browser_model import Given, _around, browser_answer

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
CALL = "<start_function_call>call:find_nearby_place{query:<escape>water<escape>}<end_function_call>"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("declarations", DECLARATIONS)
@pytest.mark.parametrize("message", ["water?", "QUESTION", "a <b> & 'c'\nd"])
def test_head_message_and_tail_are_the_prompt(name: FormatName, declarations: Declarations, message: str) -> None:
    config = RunConfig(prompt_format=name, declarations=declarations)
    head, tail = _around(config, EXAMPLES / "tools.json", (0, 0))
    prompt = get_format(name, declarations).prompt(read_tools(EXAMPLES / "tools.json").tools, message)
    assert "<bos>" + head + message + tail == prompt


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")


def test_an_answer_is_read_by_the_strict_parser(run: Run) -> None:
    answer = browser_answer(run, {"raw": CALL, "prefill_seconds": 0.5, "decode_seconds": 1.0, "load_seconds": 2.0})
    assert [call.to_dict() for call in answer.calls] == [{"name": "find_nearby_place", "arguments": {"query": "water"}}]
    assert (answer.error, answer.seconds, answer.load_seconds) == (None, 1.5, 2.0)
    assert (answer.tokens, answer.tokens_per_second) == (0, 0.0)  # this run has no tokenizer to count with
    broken = browser_answer(run, {"raw": CALL.replace("}", ""), "prefill_seconds": "soon"})
    assert broken.calls == ()
    assert "cannot be read as a call" in str(broken.error)


@pytest.mark.parametrize("sent", [None, "text", 3, [1]])
def test_without_a_browser_the_server_answers(sent: Any) -> None:
    assert Given.from_json(sent) is None


def test_whatever_a_visitor_sends_is_taken_for_text() -> None:
    given = Given.from_json({"answers": [{"message": 1, "raw": 2}, "x", {"message": "a", "raw": "b"}], "error": ["e"]})
    assert given is not None
    assert list(given.answers) == ["a"]
    assert given.error == "['e']"
    assert Given.from_json({"answers": 5}) == Given()
