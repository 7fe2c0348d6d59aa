"""Trimming is exact: texts of kept tokens are tokenised as before, any text can still be written, both files agree."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.prompts import CONTROL_TOKENS, META_TOKENS
from backend.tokens import SentencePieceCounter, load_counter
from backend.vocabulary import everyday_sentences, probes, trim_tokenizer
from backend.vocabulary.pieces import PROTECTED, read_pieces
from backend.vocabulary.trimmed import trimmed_model
from tests.unit.vocabulary.made import closed, encoder, small_model, write_tokenizer

SIZES = (800, 1200, 2000)
SENTENCES = [*chain(*everyday_sentences().values(), *probes().values())]
PIECES = {size: read_pieces(small_model(size)).texts[PROTECTED:] for size in SIZES}
sizes = st.sampled_from(SIZES)
odd = st.sampled_from(
    ["🚲", "👍🏽", "漢", "ß", "￼", "\t", "\n\n", "▁", "  ", "=====", "aaaaa", *META_TOKENS, *CONTROL_TOKENS]
)
words = st.sampled_from([*PIECES[2000]]).map(lambda piece: piece.replace("▁", " "))
any_text = st.one_of(
    st.text(),
    st.sampled_from(SENTENCES),
    st.lists(st.one_of(words, odd, st.text(max_size=3)), max_size=20).map("".join),
)


@settings(deadline=None)
@given(sizes, st.lists(any_text, min_size=1, max_size=6))
def test_a_text_whose_tokens_are_kept_is_tokenised_as_before(size: int, texts: list[str]) -> None:
    model = small_model(size)
    before = encoder(model)
    kept = closed(model, chain(*before.encode(texts)))
    after = encoder(trimmed_model(model, kept))
    for text in (*texts, "".join(texts), " ".join(reversed(texts)), *SENTENCES):
        if set(before.encode(text)) <= set(kept.ids):
            assert [kept.ids[new] for new in after.encode(text)] == before.encode(text)
    assert all(set(before.encode(text)) <= set(kept.ids) for text in texts)


@settings(deadline=None)
@given(sizes, st.sets(st.integers(PROTECTED, 1999)), any_text)
def test_any_text_is_written_and_read_back_as_before(size: int, some: set[int], text: str) -> None:
    model = small_model(size)
    before = encoder(model)
    after = encoder(trimmed_model(model, closed(model, {one for one in some if one < before.vocab_size()})))
    assert after.decode(after.encode(text)) == before.decode(before.encode(text))
    assert 3 not in after.encode(text)


@settings(deadline=None, max_examples=25)
@given(sizes, st.sets(st.integers(PROTECTED, 1999)), st.lists(any_text, min_size=1, max_size=20))
def test_model_and_json_agree_on_any_text(size: int, some: set[int], texts: list[str]) -> None:
    model = small_model(size)
    kept = closed(model, {one for one in some if one < encoder(model).vocab_size()})
    with tempfile.TemporaryDirectory() as folder:
        source, out = write_tokenizer(Path(folder, "source"), model), Path(folder, "out")
        trim_tokenizer(source, out, kept)
        for place in (source, out):
            plain = SentencePieceCounter("model", (place / "tokenizer.model").read_bytes())
            fast = load_counter(place, "json")
            assert [fast.encode(text) for text in texts] == [plain.encode(text) for text in texts]


@pytest.mark.parametrize("size", SIZES)
def test_all_tokens_of_sentencepiece_are_in_the_derivation_of_the_text(size: int) -> None:
    """The derivation is computed here and the tokens by the library, so a wrong order of merges is seen."""
    model = small_model(size)
    pieces, before = read_pieces(model), encoder(model)
    for text in SENTENCES:
        made = set(pieces.derivation(text.replace(" ", "▁")))
        assert {
            token for token in before.encode(text, out_type=str) if len(token) > 1 and token in pieces.mergeable
        } <= made


def test_without_the_derivations_a_kept_token_is_lost() -> None:
    """The closure is needed: its pieces removed, the same token is written with others."""
    model = small_model()
    before, pieces = encoder(model), read_pieces(model)
    text = max(SENTENCES, key=lambda one: max(map(len, before.encode(one, out_type=str))))
    ids = {*range(PROTECTED), *before.encode(text), *map(before.piece_to_id, text)}
    derived = closed(model, ids)
    assert len(derived.ids) > len(ids)
    alone = encoder(trimmed_model(model, replace(derived, ids=tuple(sorted(ids)))))
    after = encoder(trimmed_model(model, derived))
    assert alone.encode(text, out_type=str) != before.encode(text, out_type=str)
    assert after.encode(text, out_type=str) == before.encode(text, out_type=str)
    assert pieces.texts[derived.ids[-1]] == after.id_to_piece(len(derived.ids) - 1)
