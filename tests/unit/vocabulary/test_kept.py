"""Which pieces are kept, from a model of 17,000 learned pieces in English, Spanish and Russian."""

from __future__ import annotations

import time
from itertools import chain

import pytest

from backend.errors import InputError
from backend.vocabulary import Kept, kept_pieces
from backend.vocabulary.languages import common_words
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


def test_common_words_are_kept_in_all_their_forms_and_the_commonest_in_capitals() -> None:
    words = list(common_words("en", 2000))
    assert tokens([form for word in words for form in (word, f" {word}", f" {word[:1].upper()}{word[1:]}")]) <= set(
        ENGLISH.ids
    )
    assert tokens([form for word in words[:500] for form in (word.capitalize(), word.upper(), f" {word.upper()}")]) <= (
        set(ENGLISH.ids)
    )
    assert not tokens(list(common_words("en", 20_000))) <= set(ENGLISH.ids)


def test_characters_of_a_script_stay_with_its_language_and_signs_always() -> None:
    russian = kept_pieces(large_model(), (), ("en", "ru"), 10)
    cyrillic = {text for text in texts_of(russian) if len(text) == 1 and "а" <= text <= "я"}
    assert len(cyrillic) == 32
    assert not {"ф", "ъ", "щ"} & texts_of(ENGLISH)  # common ones are in the pieces below 512
    assert set("0123456789,?!-ñ") <= texts_of(kept_pieces(large_model(), (), ("en",), 10))


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
