"""The bases that a run may start from: their tokenizers get the control tokens, anything else is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sentencepiece import sentencepiece_model_pb2

from backend.errors import InputError
from backend.prompts import get_format
from backend.prompts.tokens import CONTROL_TOKENS
from backend.runs import RunConfig
from backend.tokens import load_counter, train_starter_tokenizer
from job_templates.ml.models.base import pretrained_base, with_adapter
from job_templates.ml.models.checkpoint import save_checkpoint
from job_templates.ml.models.control_tokens import RENAMED
from job_templates.ml.models.starter import fast_tokenizer, new_starter

FORMAT = get_format("native", "none")
ANSWER = "<start_function_call>call:stop{why:<escape>rain<escape>}<end_function_call><start_function_response>"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = train_starter_tokenizer(["stop it now", "call:stop{why:"], tmp_path / "made")
    tokenizer = fast_tokenizer(path)
    save_checkpoint(tmp_path / "checkpoint", new_starter(len(tokenizer), 1), tokenizer, path, (), FORMAT)
    return tmp_path / "checkpoint"


def as_plain_gemma(folder: Path) -> None:
    """Call the control tokens what Gemma 3 calls them."""
    back = {token: unused for unused, token in RENAMED.items()}
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    for added in data["added_tokens"]:
        added["content"] = back.get(added["content"], added["content"])
    data["model"]["vocab"] = {back.get(token, token): index for token, index in data["model"]["vocab"].items()}
    path.write_text(json.dumps(data), encoding="utf-8")
    model = sentencepiece_model_pb2.ModelProto.FromString((folder / "tokenizer.model").read_bytes())
    for piece in model.pieces:
        piece.piece = back.get(piece.piece, piece.piece)
    (folder / "tokenizer.model").write_bytes(model.SerializeToString())


def test_the_unused_tokens_are_those_of_gemma_3() -> None:
    assert RENAMED["<unused40>"] == "<start_function_declaration>"
    assert RENAMED["<unused46>"] == "<escape>"
    assert len(RENAMED) == 7


def test_a_plain_gemma_3_gets_the_control_tokens(checkpoint: Path, tmp_path: Path) -> None:
    before = pretrained_base(str(checkpoint), tmp_path / "unused-work")
    as_plain_gemma(checkpoint)
    base = pretrained_base(str(checkpoint), tmp_path)
    assert {token: base.tokenizer.convert_tokens_to_ids(token) for token in CONTROL_TOKENS} == CONTROL_TOKENS
    expected = before.tokenizer(ANSWER, add_special_tokens=False).input_ids
    assert base.tokenizer(ANSWER, add_special_tokens=False).input_ids == expected
    assert base.tokenizer_model is not None
    (base.tokenizer_model.parent / "tokenizer.json").unlink()
    assert load_counter(base.tokenizer_model.parent, "rewritten").encode(ANSWER) == expected


def test_the_adapter_is_the_same_for_the_same_seed(checkpoint: Path, tmp_path: Path) -> None:
    config = RunConfig(base_model=str(checkpoint), lora_r=2)
    one, two = (with_adapter(pretrained_base(str(checkpoint), tmp_path).model, config) for _ in range(2))
    trained = {name: part for name, part in one.named_parameters() if part.requires_grad}
    assert len(trained) == 3 * 7 * 2
    assert all(part.equal(dict(two.named_parameters())[name]) for name, part in trained.items())


def test_what_is_no_gemma_3_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.json is missing"):
        pretrained_base(str(tmp_path / "made"), tmp_path)
    data = json.loads((checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    for added in data["added_tokens"]:
        added["content"] = added["content"].replace("escape", "quote")
    data["model"]["vocab"] = {name.replace("escape", "quote"): at for name, at in data["model"]["vocab"].items()}
    (checkpoint / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="has no <escape> at the id"):
        pretrained_base(str(checkpoint), tmp_path)
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    (checkpoint / "config.json").write_text(json.dumps({**config, "model_type": "llama"}), encoding="utf-8")
    with pytest.raises(InputError, match="is a 'llama' model"):
        pretrained_base(str(checkpoint), tmp_path)
