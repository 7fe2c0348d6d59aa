"""How much a trimmed tokenizer still reads as before, and the sentences to measure with."""

from __future__ import annotations

from itertools import chain

from sentencepiece import sentencepiece_model_pb2

from backend.off_topic import LANGUAGES as PRODUCT_LANGUAGES
from backend.off_topic import asked_messages, taught_messages
from backend.vocabulary import Coverage, everyday_sentences, measure_coverage, probes
from backend.vocabulary.trimmed import trimmed_model
from tests.unit.vocabulary.made import closed, encoder, small_model


def test_the_texts_of_kept_tokens_are_the_same_and_the_others_have_more_tokens() -> None:
    model = small_model()
    english, japanese = everyday_sentences()["en"], everyday_sentences()["ja"]
    kept = closed(model, chain(*encoder(model).encode(list(english))))
    after = trimmed_model(model, kept)
    assert measure_coverage(model, after, english) == Coverage(len(english), len(english), 0, 0)
    found = measure_coverage(model, after, [*english, *japanese])
    assert (found.texts, found.same) == (90, 45)
    assert (found.before, found.after) == tuple(
        sum(map(len, encoder(one).encode(list(japanese)))) for one in (model, after)
    )
    assert (found.share, found.growth) == (0.5, found.after / found.before)
    assert found.growth > 2


def test_other_pieces_are_not_the_same_even_if_they_are_as_many() -> None:
    model = sentencepiece_model_pb2.ModelProto.FromString(small_model())
    for piece in model.pieces:
        piece.score = -piece.score
    sentences = [*chain(*everyday_sentences().values())]
    old, new = (encoder(one).encode(sentences, out_type=str) for one in (small_model(), model.SerializeToString()))
    pairs = [*zip(old, new, strict=True)]
    assert any(first != second and len(first) == len(second) for first, second in pairs)
    found = measure_coverage(small_model(), model.SerializeToString(), sentences)
    assert found.same == sum(first == second for first, second in pairs) > 0


def test_without_texts_all_are_the_same() -> None:
    nothing = measure_coverage(small_model(), small_model(), ())
    assert (nothing.share, nothing.growth) == (1, 1)


def test_there_are_forty_everyday_sentences_in_each_language_of_the_product() -> None:
    assert set(everyday_sentences()) == set(PRODUCT_LANGUAGES)
    sentences = [*chain(*everyday_sentences().values())]
    assert all(len(texts) >= 40 for texts in everyday_sentences().values())
    assert len({text.casefold() for text in sentences}) == len(sentences)
    assert not {one.text for one in (*asked_messages(), *taught_messages())} & set(sentences)


def test_probes_have_what_their_kind_says() -> None:
    assert sorted(probes()) == ["URLs", "capitals", "e-mail addresses", "emoji", "numbers", "rare names"]
    assert all(len(texts) >= 6 for texts in probes().values())
    assert all("@" in text for text in probes()["e-mail addresses"])
    assert all("." in text and "/" in text for text in probes()["URLs"])
    assert all(any(map(str.isdigit, text)) for text in probes()["numbers"])
    assert all(not text.isascii() for text in probes()["emoji"])
