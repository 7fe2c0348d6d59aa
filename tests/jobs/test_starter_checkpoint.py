"""The starter's checkpoint: its two tokenizers agree, its ids are FunctionGemma's, and transformers reads it back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from backend.prompts import get_format
from backend.prompts.tokens import CONTROL_TOKENS
from backend.records import Call, Tool
from backend.tokens import load_counter, train_starter_tokenizer
from job_templates.ml.models.checkpoint import parameter_count, save_checkpoint
from job_templates.ml.models.starter import fast_tokenizer, new_starter

TOOLS = (
    Tool(
        "set_light",
        "Switch a light on or off.",
        {
            "type": "object",
            "properties": {"room": {"type": "string", "description": "Which room"}},
            "required": ["room"],
        },
    ),
)
ROOMS = ("kitchen", "hall", "cellar", "attic")
FORMAT = get_format("native", "full")
TEXTS = [f"turn on the {room} light..." for room in ROOMS * 5]
TEXTS += [FORMAT.completion([Call("set_light", {"room": room})]) for room in ROOMS * 5]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter")
    path = train_starter_tokenizer(TEXTS, folder / "sentencepiece")
    tokenizer = fast_tokenizer(path)
    save_checkpoint(folder / "checkpoint", new_starter(len(tokenizer), 42), tokenizer, path, TOOLS, FORMAT)
    return folder / "checkpoint"


def test_the_fast_tokenizer_equals_sentencepiece(checkpoint: Path) -> None:
    fast = AutoTokenizer.from_pretrained(checkpoint)
    plain = load_counter(checkpoint.parent / "sentencepiece", "starter")
    words = st.sampled_from([*"abehlinortu .?é漢\n\t", "light", "call:set_light{room:", "<bos>", *CONTROL_TOKENS])

    @settings(max_examples=300, deadline=None)
    @given(st.one_of(st.text(), st.lists(words, max_size=40).map("".join)))
    def same(text: str) -> None:
        assert fast(text, add_special_tokens=False).input_ids == plain.encode(text)

    same()


def test_special_ids_and_stop_ids_are_functiongemmas(checkpoint: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    assert {token: tokenizer.convert_tokens_to_ids(token) for token in CONTROL_TOKENS} == CONTROL_TOKENS
    assert tokenizer.decode([48, 52, 49, 50], skip_special_tokens=False) == (
        "<start_function_call><escape><end_function_call><start_function_response>"
    )
    generation = json.loads((checkpoint / "generation_config.json").read_text(encoding="utf-8"))
    assert generation["eos_token_id"] == [1, 106, 50]


def test_the_chat_template_renders_the_prompt(checkpoint: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    rendered = tokenizer.apply_chat_template(
        [{"role": "user", "content": "turn on the hall light"}],
        tools=[tool.to_dict() for tool in TOOLS],
        add_generation_prompt=True,
        tokenize=False,
    )
    assert rendered == FORMAT.prompt(TOOLS, "turn on the hall light")


def test_transformers_reads_the_checkpoint_back(checkpoint: Path) -> None:
    loaded = AutoModelForCausalLM.from_pretrained(checkpoint)
    assert type(loaded).__name__ == "Gemma3ForCausalLM"
    assert 300_000 < parameter_count(loaded) < 2_500_000
    same = new_starter(loaded.config.vocab_size, 42)
    assert all(torch.equal(left, right) for left, right in zip(loaded.parameters(), same.parameters(), strict=True))
    assert (checkpoint / "tokenizer.model").read_bytes()
