"""An answer with nothing in it is silence, and padding is not."""

from __future__ import annotations

import pytest

from backend.prompts import Parsed, ParseError, get_format
from backend.records import FormatName


@pytest.mark.parametrize("name", ["native", "json"])
@pytest.mark.parametrize("answer", ["", "<end_of_turn>", "\n<end_of_turn>", " <start_function_response>"])
def test_silence_is_an_answer_without_calls_and_words(name: FormatName, answer: str) -> None:
    fmt = get_format(name, "none")
    assert fmt.parse(answer) == Parsed((), "")
    assert fmt.parse(fmt.completion(())) == Parsed((), "")


@pytest.mark.parametrize("name", ["native", "json"])
@pytest.mark.parametrize("answer", ["<pad>", "<pad><pad><end_of_turn>", " <pad> "])
def test_padding_alone_is_what_a_damaged_model_writes(name: FormatName, answer: str) -> None:
    with pytest.raises(ParseError, match="only padding"):
        get_format(name, "none").parse(answer)
