"""The starter's SentencePiece tokenizer: FunctionGemma's ids, any amount of data, nothing lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import InputError
from backend.prompts.tokens import CONTROL_TOKENS
from backend.tokens import SentencePieceCounter, starter_model_bytes, train_starter_tokenizer

ROWS = [f"Please turn on the {room} light {time}" for room in ("kitchen", "hall") for time in ("now", "at 7", "later")]
ANSWERS = [
    "<start_function_call>call:set_light{room:<escape>hall<escape>}<end_function_call><start_function_response>"
] * 6
COUNTER = SentencePieceCounter("starter", starter_model_bytes([*ROWS, *ANSWERS]))


def test_special_tokens_have_functiongemmas_ids(tmp_path: Path) -> None:
    path = train_starter_tokenizer([*ROWS, *ANSWERS], tmp_path / "new")
    assert path == tmp_path / "new" / "tokenizer.model"
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    assert [model.id_to_piece(index) for index in range(5)] == ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    assert {token: model.piece_to_id(token) for token in CONTROL_TOKENS} == CONTROL_TOKENS
    assert model.id_to_piece(6) == "<unused0>"
    assert model.id_to_piece(104) == "<unused98>"
    assert model.id_to_piece(107) == "\n"
    assert model.is_control(2)
    assert not model.is_control(48)


def test_a_turn_is_encoded_with_its_special_tokens() -> None:
    ids = COUNTER.encode("<bos><start_of_turn>user\nhall<end_of_turn>\n")
    assert (ids[:2], ids[-2:]) == ([2, 105], [106, 107])
    assert 3 not in COUNTER.encode("<start_of_turn> 漢字 🚲 ﷽ \u2581")


@given(st.text())
def test_no_text_is_lost(text: str) -> None:
    encoded = COUNTER.encode(text)
    plain = [index for index in encoded if index > 3]
    for token in ("<pad>", "<eos>", "<bos>", "<unk>"):
        text = text.replace(token, "")
    # SentencePiece writes a space as U+2581 and reads it back as a space
    assert COUNTER.decode(plain) == text.replace("\u2581", " ")


def test_the_same_texts_give_the_same_bytes() -> None:
    assert starter_model_bytes([*ROWS, *ANSWERS]) == starter_model_bytes([*ROWS, *ANSWERS])


def test_one_row_is_enough_and_no_row_is_an_input_error() -> None:
    for odd in ("a", "\t", "tab\there", "\0", "\u2581", "\u2585 \u2047"):
        assert SentencePieceCounter("starter", starter_model_bytes([odd, "a"])).encode("ab")
    with pytest.raises(InputError, match="no rows"):
        starter_model_bytes(["", "  ", "<bos>"])


def test_a_tools_name_becomes_one_token_where_it_stands_often() -> None:
    assert len(COUNTER.encode("call:set_light{room:")) == 1


def test_thousands_of_distinct_characters_fit() -> None:
    texts = [chr(0x4E00 + index) + chr(0x4E00 + (index * 7) % 5000) for index in range(5000)]
    assert len(SentencePieceCounter("starter", starter_model_bytes(texts)).encode("龥A")) == 4


def test_fifty_thousand_rows_take_seconds() -> None:
    rows = [f"row {index} says {index * 7919 % 10007} and {index * 104729 % 99991:x}" for index in range(50_000)]
    start = time.process_time()
    starter_model_bytes(rows)
    assert time.process_time() - start < 20
