"""The files of a trimmed tokenizer."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sentencepiece import sentencepiece_model_pb2

from backend.prompts import CONTROL_TOKENS, META_TOKENS
from backend.tokens import load_counter
from backend.vocabulary import everyday_sentences, kept_pieces, trim_tokenizer
from backend.vocabulary.pieces import PROTECTED, read_pieces
from tests.unit.vocabulary.made import closed, encoder, large_model, small_model, tokenizer_json, write_tokenizer

SENTENCES = everyday_sentences()["en"][:20]
KEPT = closed(small_model(), chain(*encoder(small_model()).encode(list(SENTENCES))))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tokenizer(tmp_path / "source", small_model())


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_pieces_have_their_order_and_scores_and_the_rows_are_told(source: Path, tmp_path: Path) -> None:
    rows = trim_tokenizer(source, tmp_path / "out", KEPT)
    old, new = read_pieces(small_model()), read_pieces((tmp_path / "out" / "tokenizer.model").read_bytes())
    assert rows == KEPT.ids
    assert new.texts == tuple(old.texts[row] for row in rows)
    assert new.scores == tuple(old.scores[row] for row in rows)
    assert new.texts[:PROTECTED] == old.texts[:PROTECTED]
    assert {token: new.ids[token] for token in {**CONTROL_TOKENS, **META_TOKENS}} == {**CONTROL_TOKENS, **META_TOKENS}
    model = sentencepiece_model_pb2.ModelProto.FromString((tmp_path / "out" / "tokenizer.model").read_bytes())
    assert model.trainer_spec.vocab_size == len(rows) < len(old.texts)


def test_all_that_names_no_piece_is_unchanged(source: Path, tmp_path: Path) -> None:
    trim_tokenizer(source, tmp_path / "out", KEPT)
    old, new = (read(folder / "tokenizer.json") for folder in (source, tmp_path / "out"))
    for part in ("version", "normalizer", "pre_tokenizer", "post_processor", "decoder", "truncation", "padding"):
        assert new[part] == old[part]
    assert new["added_tokens"] == old["added_tokens"]  # all of them are below 512
    assert {**new["model"], "vocab": 0, "merges": 0} == {**old["model"], "vocab": 0, "merges": 0}
    before, after = (sentencepiece_model_pb2.ModelProto.FromString((folder / "tokenizer.model").read_bytes())
                     for folder in (source, tmp_path / "out"))  # fmt: skip
    assert after.normalizer_spec == before.normalizer_spec


def test_unused_pieces_go_and_are_then_read_as_words(tmp_path: Path) -> None:
    source = write_tokenizer(tmp_path / "source", large_model())
    kept = kept_pieces(large_model(), (), ("en",), 500)
    trim_tokenizer(source, tmp_path / "out", kept)
    new = read(tmp_path / "out" / "tokenizer.json")
    contents = {token["content"]: token["id"] for token in new["added_tokens"]}
    assert "<unused99>" not in contents
    assert contents["<start_of_image>"] == kept.ids.index(17_001)
    for text in ("<unused99> a <start_of_image>", "<unused98><unused100>", "\t"):
        fast = load_counter(tmp_path / "out", "out").encode(text)
        assert fast == encoder((tmp_path / "out" / "tokenizer.model").read_bytes()).encode(text)
        assert max(fast) < len(kept.ids)


def test_added_tokens_without_a_piece_stay_after_the_last_one(tmp_path: Path) -> None:
    """The published Gemma 3 has `<image_soft_token>` in tokenizer.json alone."""
    fast, count = tokenizer_json(small_model()), len(read_pieces(small_model()).texts)
    soft = {**fast["added_tokens"][0], "id": count, "content": "<image_soft_token>"}
    source = write_tokenizer(tmp_path / "source", small_model(), fast | {"added_tokens": [*fast["added_tokens"], soft]})
    (source / "added_tokens.json").write_text(json.dumps({"<image_soft_token>": count}))
    decoder = {"1": {"content": "<eos>"}, "1999": {"content": "gone"}, str(count): {"content": "<image_soft_token>"}}
    config = {"tokenizer_class": "GemmaTokenizer", "bos_token": "<bos>", "added_tokens_decoder": decoder}
    (source / "tokenizer_config.json").write_text(json.dumps(config))
    trim_tokenizer(source, tmp_path / "out", KEPT)
    last = len(KEPT.ids)
    assert 1999 not in KEPT.ids
    assert read(tmp_path / "out" / "tokenizer.json")["added_tokens"][-1] == {**soft, "id": last}
    assert read(tmp_path / "out" / "added_tokens.json") == {"<image_soft_token>": last}
    del decoder["1999"]
    decoder[str(last)] = decoder.pop(str(count))
    assert read(tmp_path / "out" / "tokenizer_config.json") == config
    assert load_counter(tmp_path / "out", "out").encode("<image_soft_token>") == [last]


def test_merges_of_older_files_are_texts_with_a_space(tmp_path: Path) -> None:
    fast = tokenizer_json(small_model())
    fast["model"]["merges"] = [" ".join(pair) for pair in fast["model"]["merges"]]
    trim_tokenizer(write_tokenizer(tmp_path / "source", small_model(), fast), tmp_path / "out", KEPT)
    trim_tokenizer(write_tokenizer(tmp_path / "new", small_model()), tmp_path / "same", KEPT)
    assert read(tmp_path / "out" / "tokenizer.json") == read(tmp_path / "same" / "tokenizer.json")


def test_a_self_test_of_the_full_model_is_left_out(tmp_path: Path) -> None:
    """Field 4 of ModelProto: SentencePiece before 0.2.1 refuses a model that fails it."""
    test = b"\x0a\x05hello\x12\x05wrong"
    source = write_tokenizer(tmp_path / "source", small_model() + b"\x22\x10\x0a\x0e" + test)
    trim_tokenizer(source, tmp_path / "out", KEPT)
    assert test in (source / "tokenizer.model").read_bytes()
    assert test not in (tmp_path / "out" / "tokenizer.model").read_bytes()


def test_a_small_tokenizer_is_written_as_it_is(source: Path, tmp_path: Path) -> None:
    whole = kept_pieces(small_model(), (), ("en",))
    assert trim_tokenizer(source, tmp_path / "out", whole) == tuple(range(2000))
    assert read(tmp_path / "out" / "tokenizer.json") == read(source / "tokenizer.json")
    assert not (tmp_path / "out" / "tokenizer_config.json").exists()
