"""Counting with any base model's tokenizer, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel

from backend.errors import InputError
from backend.records import Tool
from backend.tokens import counter_for, load_counter, train_starter_tokenizer

TOOLS = (
    Tool("set_light", "Switch a light", {"type": "object", "properties": {"room": {"description": "Which room"}}}),
)
TEXTS = ["turn on the hall light", "<start_function_call>call:set_light{}<end_function_call><start_function_response>"]


def test_the_starter_counts_what_a_run_would_train() -> None:
    counter = counter_for("starter", TOOLS, TEXTS)
    assert counter.name == "starter"
    assert counter.encode("<bos><start_of_turn>") == [2, 105]
    assert len(counter.encode("turn on the hall light")) < len("turn on the hall light")


def test_a_folder_with_a_sentencepiece_model(tmp_path: Path) -> None:
    train_starter_tokenizer(TEXTS, tmp_path)
    assert load_counter(tmp_path, "mine").encode("<bos>turn<eos>")[0] == 2
    assert counter_for(str(tmp_path), TOOLS, []).name == str(tmp_path)


def test_lengths_are_those_of_single_texts(tmp_path: Path) -> None:
    train_starter_tokenizer(TEXTS, tmp_path)
    texts = [f"turn on light {number}" for number in range(2000)] + ["", "\0", "<bos>turn<eos>", *TEXTS]
    for counter in (counter_for("starter", TOOLS, TEXTS), load_counter(tmp_path, "mine")):
        assert counter.lengths(texts) == [len(counter.encode(text)) for text in texts]
        assert counter.lengths([]) == []


def test_a_folder_with_a_fast_tokenizer(tmp_path: Path) -> None:
    fast = Tokenizer(WordLevel({"<unk>": 0, "hello": 1}, unk_token="<unk>"))
    fast.add_special_tokens([AddedToken("<bos>", special=True)])
    fast.enable_truncation(1)
    fast.save(str(tmp_path / "tokenizer.json"))
    assert counter_for(str(tmp_path), TOOLS, []).encode("<bos>hello") == [2, 1]
    assert counter_for(str(tmp_path), TOOLS, []).lengths(["<bos>hello", ""]) == [2, 0]


@pytest.mark.parametrize(
    ("base", "words"),
    [("./nowhere", "not a folder"), ("gemma", "not a folder"), ("~/none/of/this", "not a folder")],
)
def test_an_unknown_base_model_is_named(base: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as raised:
        counter_for(base, TOOLS, TEXTS)
    assert base in str(raised.value)


def test_a_folder_without_a_tokenizer_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no tokenizer"):
        counter_for(str(tmp_path), TOOLS, TEXTS)
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        counter_for(str(tmp_path), TOOLS, TEXTS)


def test_a_name_that_no_hub_repository_can_have() -> None:
    with pytest.raises(InputError, match=r"tokenizer of someone/some\.\.model"):
        counter_for("someone/some..model", TOOLS, TEXTS)
