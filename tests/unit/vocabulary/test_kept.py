"""Which pieces are kept, from a model of 17,000 pieces in English, Spanish, Russian and Japanese."""

from __future__ import annotations

import time
from itertools import chain

import pytest

from backend.errors import InputError
from backend.vocabulary import Kept, kept_pieces
from backend.vocabulary.languages import HAN, common_words, script_of
from backend.vocabulary.pieces import PROTECTED, read_pieces
from tests.unit.vocabulary.made import encoder, large_model, small_model

ENGLISH = kept_pieces(large_model(), (), ("en",), 2000)


def texts_of(kept: Kept) -> set[str]:
    pieces = read_pieces(large_model())
    return {pieces.texts[index] for index in kept.ids}


def tokens(texts: list[str]) -> set[int]:
    return set(chain(*encoder(large_model()).encode(texts)))


def test_control_tokens_bytes_and_named_pieces_stay_and_unused_ones_above_512_go() -> None:
    assert ENGLISH.ids[:PROTECTED] == tuple(range(PROTECTED))
    assert ENGLISH.trims
    assert {"<start_of_image>", "\t", "<unused98>"} <= texts_of(ENGLISH)
    assert not {"<unused99>", "<unused100>"} & texts_of(ENGLISH)


def test_every_token_of_the_texts_is_kept() -> None:
    texts = ["Достопримечательности поблизости", "call:find{query:<escape>очень интересно<escape>}", "🦆"]
    more = kept_pieces(large_model(), texts, ("en",), 2000)
    assert not tokens(texts) <= set(ENGLISH.ids)
    assert tokens(texts) <= set(more.ids)


def test_common_words_are_kept_in_their_forms_and_the_commonest_in_capitals() -> None:
    words, ids = list(common_words("en", 2000)), set(ENGLISH.ids)
    capitalised = [word[:1].upper() + word[1:] for word in words]
    assert tokens([*words, *(f" {word}" for word in (*words, *capitalised))]) <= ids
    for forms in (capitalised, [word.upper() for word in words], [f" {word.upper()}" for word in words]):
        assert tokens(forms[:500]) <= ids
        assert not tokens(forms) <= ids
    assert not tokens(list(common_words("en", 20_000))) <= ids


def test_two_punctuation_marks_stay_and_three_do_not() -> None:
    pieces = set(read_pieces(large_model()).texts)
    assert {"..", "..."} <= pieces
    assert {"..", "..."} & texts_of(kept_pieces(large_model(), (), ("en",), 10)) == {".."}


def test_alphabets_and_signs_stay_and_han_with_a_language_that_is_written_in_it() -> None:
    english, japanese = (texts_of(kept_pieces(large_model(), (), codes, 10)) for codes in (("en",), ("en", "ja")))
    assert set("0123456789,?!-ñфъщカの") <= english
    characters = {text for text in texts_of(Kept(tuple(range(17_000)), 17_004)) if len(text) == 1}
    han = {text for text in characters if script_of(text) == HAN}
    assert len(han) > 100
    assert not han & english
    assert han <= japanese


def test_of_japanese_all_pieces_with_kana_are_kept() -> None:
    """Texts join its words without spaces, and the list of words has none of the joints."""
    pieces = read_pieces(large_model()).texts
    kana = {text for text in pieces if any("ぁ" <= one <= "ヿ" for one in text) and len(text) > 1}
    kept = texts_of(kept_pieces(large_model(), (), ("en", "ja"), 10))
    assert len(kana) > 50
    assert {text for text in kana if text.isalpha()} <= kept
    assert not kana <= texts_of(ENGLISH)
    both = {text for text in kana if HAN in map(script_of, text)}
    assert len(both) > 10
    assert both <= kept
    assert not both <= texts_of(kept_pieces(large_model(), (), ("en", "zh"), 10))


def test_the_kept_pieces_have_their_derivations_and_nothing_else() -> None:
    pieces = read_pieces(large_model())
    assert pieces.with_derivations(ENGLISH.ids) == set(ENGLISH.ids)
    assert len(ENGLISH.ids) < len(kept_pieces(large_model(), (), ("en", "es"), 2000).ids) < ENGLISH.pieces / 2


def test_a_small_vocabulary_is_kept_whole() -> None:
    kept = kept_pieces(small_model(), ["hello"], ("en",))
    assert not kept.trims
    assert kept.ids == tuple(range(kept.pieces))


def test_the_derivations_of_all_pieces_take_a_fraction_of_a_second() -> None:
    pieces = read_pieces(large_model())
    start = time.process_time()
    assert len(pieces.with_derivations(range(len(pieces.texts)))) == len(pieces.texts)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("model", [b"", b"\0\1damaged", large_model()[:1000]])
def test_bytes_that_are_no_model_are_refused(model: bytes) -> None:
    with pytest.raises(InputError, match=r"damaged|cannot be trimmed"):
        kept_pieces(model, (), ("en",))
