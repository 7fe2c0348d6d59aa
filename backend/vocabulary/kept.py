"""Decides which pieces of a tokenizer an app needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import sentencepiece

from backend.vocabulary.languages import ALPHABETS, COMMON, JOINED, LANGUAGES, common_words, script_of
from backend.vocabulary.pieces import NORMAL, PROTECTED, USER_DEFINED, read_pieces

WORDS = 20_000
"""The commonest words of each language whose tokens are kept (docs/export.md)."""
SMALLEST = 16_384
"""A vocabulary with at most so many pieces is kept whole: its table is a small part of the file."""
MARKS = 2
"""The most punctuation marks in one piece that is kept without a text that needs it."""
SPACE = "\u2581"
_UNUSED = re.compile(r"<unused\d+>")
_EMOJI_STYLE = "\ufe0f"
"""The variation selector after a sign that makes it an emoji."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The pieces that are kept: their old ids in ascending order, and the number of pieces before.

    The new id of a piece is its place in `ids`.
    """

    ids: tuple[int, ...]
    pieces: int

    @property
    def trims(self) -> bool:
        """Whether any piece is removed."""
        return len(self.ids) < self.pieces


def kept_pieces(model: bytes, texts: Iterable[str], languages: Sequence[str], words: int = WORDS) -> Kept:
    """Returns the pieces of a SentencePiece `model` that an app in these languages needs.

    Kept are the control tokens and bytes, every token of `texts`, every token of the `words` commonest words of each
    language, single characters (of all alphabets, and of Han and Hangul if a language is written in them), digits,
    punctuation and emoji, and all pieces that these are merged from. Of the scripts of Japanese, Korean and Chinese all
    pieces are kept if the language is named, because they reach over words, which no list of words shows. A text is
    best given as the model reads it (a whole prompt with its answer), because tokens also reach over the places at
    which texts are joined. A vocabulary of at most 16,384 pieces is kept whole. Raises InputError if the model is not
    of Gemma 3's kind.
    """
    pieces = read_pieces(model)
    if len(pieces.texts) <= SMALLEST:
        return Kept(tuple(range(len(pieces.texts))), len(pieces.texts))
    encoder = sentencepiece.SentencePieceProcessor(model_proto=model)
    scripts = ALPHABETS.union(*(LANGUAGES[code].scripts for code in languages))
    joined = [LANGUAGES[code].scripts for code in languages if code in JOINED]
    found = {
        index
        for index, (text, kind) in enumerate(zip(pieces.texts, pieces.kinds, strict=True))
        if index < PROTECTED
        or (kind == USER_DEFINED and not _UNUSED.fullmatch(text))
        or (kind == NORMAL and (_is_basic(text, scripts) or any(_is_in(text, own) for own in joined)))
    }
    found.update(chain.from_iterable(encoder.encode(list(texts))))
    for code in languages:
        found.update(chain.from_iterable(encoder.encode(list(_forms([*common_words(code, words)])))))
    return Kept(tuple(sorted(pieces.with_derivations(found))), len(pieces.texts))


def _forms(words: Sequence[str]) -> Iterator[str]:
    """Yields the forms of words, the commonest first, in which they stand in texts.

    Each is yielded with and without a space before it, and capitalised with one. The commonest quarter is also yielded
    capitalised without a space, as at the beginning of a message, and in capitals. All forms of all words would be 7
    to 10 % more pieces and leave 0 to 3 % more of unseen messages unchanged (docs/export.md).
    """
    for place, word in enumerate(words):
        capitalised, capitals = word[:1].upper() + word[1:], word.upper()
        yield from (word, f" {word}", f" {capitalised}")
        if place < len(words) / 4:
            yield from (capitalised, capitals, f" {capitals}")


def _is_basic(text: str, scripts: Collection[str]) -> bool:
    """Whether a piece is a character of these scripts, a sign, an emoji or a few punctuation marks."""
    if len(text) == 1 and script_of(text) in scripts:
        return True
    kinds = [unicodedata.category(mark) for mark in text.removeprefix(SPACE).removesuffix(_EMOJI_STYLE)]
    if len(kinds) == 1:
        return kinds[0][0] in "PS" or kinds[0] in ("No", "Cf")
    return len(kinds) <= MARKS and all(kind[0] == "P" for kind in kinds)


def _is_in(text: str, scripts: Sequence[str]) -> bool:
    """Whether a piece has a character of the first of these scripts, and no letter of a script that is not here."""
    found = {script_of(character) for character in text.removeprefix(SPACE)}
    return scripts[0] in found and found <= {*scripts, COMMON}
