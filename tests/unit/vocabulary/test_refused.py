"""The tokenizers that cannot be trimmed, each with its reason."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from backend.errors import InputError
from backend.vocabulary import Kept, check_tokenizer, everyday_sentences, trim_tokenizer
from backend.vocabulary.pieces import read_pieces
from tests.unit.vocabulary.made import closed, encoder, small_model, tokenizer_json, write_tokenizer

SENTENCES = everyday_sentences()["en"][:20]
KEPT = closed(small_model(), chain(*encoder(small_model()).encode(list(SENTENCES))))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tokenizer(tmp_path / "source", small_model())


def _swap_ids(fast: dict[str, Any]) -> None:
    ids = fast["model"]["vocab"]
    ids["▁the"], ids["▁to"] = ids["▁to"], ids["▁the"]


def _move_token(fast: dict[str, Any]) -> None:
    fast["added_tokens"][-1]["id"] -= 1


def _drop_merge(fast: dict[str, Any]) -> None:
    fast["model"]["merges"].pop(700)


def _turn_merges(fast: dict[str, Any]) -> None:
    fast["model"]["merges"].reverse()


def _drop_normalizer(fast: dict[str, Any]) -> None:
    fast["normalizer"] = None


def _drop_piece(fast: dict[str, Any]) -> None:
    del fast["model"]["vocab"][max(fast["model"]["vocab"], key=fast["model"]["vocab"].get)]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_swap_ids, "'▁t(he|o)' has the id"),
        (_move_token, "the added token .* has the id of"),
        (_drop_piece, "has the id None instead of 1999"),
        (_drop_merge, "it does not merge"),
        (_turn_merges, "another order"),
        (_drop_normalizer, "has other tokens"),
    ],
)
def test_files_that_disagree_are_refused(damage: Callable[[Any], None], told: str, tmp_path: Path) -> None:
    fast = tokenizer_json(small_model())
    damage(fast)
    source = write_tokenizer(tmp_path / "source", small_model(), fast)
    with pytest.raises(InputError, match=rf"tokenizer\.json differs from tokenizer\.model: .*{told}"):
        trim_tokenizer(source, tmp_path / "out", KEPT)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("tokenizer.model", None, "tokenizer.model"),
        ("tokenizer.json", None, "tokenizer.json is missing"),
        ("tokenizer.model", small_model()[:-7], "damaged"),
        ("tokenizer.json", b'{"model": {', "damaged"),
        ("tokenizer.json", b'{"model": []}', "damaged"),
        ("tokenizer.json", b'{"model": {"vocab": {}, "merges": ["a b c"]}}', "damaged"),
        ("tokenizer.json", b'{"model": {"vocab": {"a": "b"}, "merges": []}}', "damaged"),
        ("tokenizer.json", b'{"model": {"vocab": {}, "merges": [1]}}', "damaged"),
        ("tokenizer.json", b'{"model": {"vocab": {}, "merges": []}, "added_tokens": [{"id": 1}]}', "damaged"),
        ("tokenizer.json", b'{"model": {"vocab": {}, "merges": [], "type": "BPE"}, "added_tokens": []}', "damaged"),
        (
            "tokenizer.json",
            b'{"model": {"vocab": {}, "merges": [], "type": "Unigram", "byte_fallback": true}, "added_tokens": []}',
            "not a BPE model",
        ),
    ],
)
def test_missing_and_damaged_files_are_refused(
    name: str, content: bytes | None, told: str, source: Path, tmp_path: Path
) -> None:
    if content is None:
        (source / name).unlink()
    else:
        (source / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        trim_tokenizer(source, tmp_path / "out", KEPT)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer_config.json", '{"added_tokens_decoder": {"one": {}}}'),
        ("tokenizer_config.json", '{"added_tokens_decoder": [1]}'),
        ("added_tokens.json", '{"<image_soft_token>": "last"}'),
        ("added_tokens.json", "[]"),
    ],
)
def test_settings_whose_ids_are_no_numbers_are_refused(name: str, content: str, source: Path, tmp_path: Path) -> None:
    (source / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rf"source/{name} is damaged"):
        trim_tokenizer(source, tmp_path / "out", KEPT)


def _trained(**settings: Any) -> bytes:
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=written, minloglevel=4, **settings
    )
    return written.getvalue()


def _changed(change: Callable[[Any], None]) -> bytes:
    model = sentencepiece_model_pb2.ModelProto.FromString(small_model())
    change(model)
    written: bytes = model.SerializeToString()
    return written


def _rename(at: int, text: str) -> Callable[[Any], None]:
    return lambda model: setattr(model.pieces[at], "piece", text)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (_trained(model_type="unigram", vocab_size=100), "not a BPE model"),
        (_trained(model_type="bpe", vocab_size=400, byte_fallback=True, hard_vocab_limit=False), "<pad> does not"),
        (_changed(_rename(48, "<other>")), "<start_function_call> does not have the id 48"),
        (_changed(_rename(105, "<unused99>")), "<start_of_turn> does not have the id 105"),
        (_changed(lambda model: setattr(model.trainer_spec, "byte_fallback", False)), "no byte fallback"),
        (_changed(_rename(200, "<no byte>")), "no byte fallback"),
        (_changed(_rename(1000, "<pad>")), "twice"),
        (_changed(lambda model: setattr(model.pieces[1000], "type", 5)), "unknown kind"),
    ],
)
def test_tokenizers_of_another_kind_are_refused(model: bytes, told: str, source: Path, tmp_path: Path) -> None:
    (source / "tokenizer.model").write_bytes(model)
    with pytest.raises(InputError, match=rf"tokenizer\.model cannot be trimmed: .*{told}.*Keep the full vocabulary"):
        trim_tokenizer(source, tmp_path / "out", KEPT)


def test_a_plain_gemma_3_names_the_tokens_of_calls_unused() -> None:
    def plain(model: Any) -> None:
        for at in range(46, 53):
            model.pieces[at].piece = f"<unused{at - 6}>"

    renamed = _changed(plain)
    assert read_pieces(renamed).texts[48] == "<unused42>"


@pytest.mark.parametrize(
    "wrong",
    [
        replace(KEPT, pieces=1999),
        replace(KEPT, ids=KEPT.ids[1:]),
        Kept((*KEPT.ids, 5000), 2000),
        Kept((*KEPT.ids, 600), 2000),
    ],
)
def test_pieces_of_another_tokenizer_are_refused(wrong: Kept, source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="do not belong to the tokenizer"):
        trim_tokenizer(source, tmp_path / "out", wrong)


def test_a_trimmed_tokenizer_that_was_damaged_later_is_found(source: Path, tmp_path: Path) -> None:
    trim_tokenizer(source, tmp_path / "out", KEPT)
    check_tokenizer(tmp_path / "out")
    (tmp_path / "out" / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
    with pytest.raises(InputError, match="has the id"):
        check_tokenizer(tmp_path / "out")
