"""Reads the pieces of a SentencePiece BPE model, and the merges that make a piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from backend.errors import InputError
from backend.prompts import CONTROL_TOKENS, FIRST_UNUSED_ID, LAST_BEFORE_TURNS_ID, META_TOKENS

PROTECTED = 512
"""Ids below it are never removed: in Gemma 3 they are the control tokens, the runs of spaces and line breaks, and the
bytes."""
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
"""The kinds of pieces (ModelProto.SentencePiece.Type in sentencepiece_model.proto)."""
BPE = 2
"""TrainerSpec.ModelType of sentencepiece_model.proto."""
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))


@dataclass(frozen=True)
class Pieces:
    """The pieces of a BPE model, by id: text, score and kind. A merge with a higher score comes first."""

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    kinds: bytes

    @cached_property
    def ids(self) -> dict[str, int]:
        """Returns the id of each piece, by its text."""
        return {text: index for index, text in enumerate(self.texts)}

    @cached_property
    def mergeable(self) -> dict[str, float]:
        """Returns the score of each piece that a merge can make, by its text."""
        pieces = zip(self.texts, self.scores, self.kinds, strict=True)
        return {text: score for text, score, kind in pieces if kind == NORMAL}

    def derivation(self, text: str) -> Iterator[str]:
        """Yields the pieces that the merges make on their way from the characters of `text`, in their order.

        The algorithm is SentencePiece's (bpe_model.cc): of all adjacent pairs whose joint text is a piece, the one
        with the highest score is merged, and the leftmost of equal ones.
        """
        scores, symbols = self.mergeable, list(text)
        while len(symbols) > 1:
            pairs = [(scores.get(left + right), at) for at, (left, right) in enumerate(pairwise(symbols))]
            possible = [(-score, at) for score, at in pairs if score is not None]
            if not possible:
                return
            at = min(possible)[1]
            symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
            yield symbols[at]

    def with_derivations(self, ids: Iterable[int]) -> set[int]:
        """Returns the ids with those of all characters and pieces that their pieces are merged from.

        **A text whose tokens are all in such a set K is tokenised by the pieces of K as by all pieces V.**

        1. A piece t is a token of a text encoded with V. No merge crossed the borders of t, because symbols only grow
           and t is still one of them at the end. So the merges inside t were chosen among the pairs inside t alone,
           the best score first and the leftmost of equal ones, as if t were the whole text. They are t's own
           derivation. Therefore every piece that the merges of the text made is in the derivation of one of its
           tokens, and K contains it.
        2. Encode the text with K. The characters are the same. After the same merges as with V, the pairs that K can
           merge are some of those that V can merge, with the same scores, and the pair that V merges next is one of
           them by (1). It is the best of all, so it is the best of these. After the last merge V can merge nothing,
           so neither can K.

        The pieces that no merge makes (user-defined pieces, added tokens) are found before, the longest at each place.
        Those in the text are in K, and V found none elsewhere, so the same are found.

        A tokenizer.json ranks its merges instead of the pieces. The proof is the same with ranks for scores, if both
        orders derive a piece by the same merges. They do so for all of Gemma 3's 255,474 ordinary pieces (compared on
        2026-11-28).
        """
        found = set(ids)
        texts = sorted((self.texts[index] for index in found if self.kinds[index] == NORMAL), key=len, reverse=True)
        made: set[str] = set()
        for text in texts:
            if text not in made:  # a piece that another one is merged from has its derivation inside the other's
                made.update(self.derivation(text))
                made.update(text)
        return found | {self.ids[text] for text in made if text in self.mergeable}


def read_pieces(model: bytes, name: str = "tokenizer.model") -> Pieces:
    """Returns the pieces of a SentencePiece model. Raises InputError if it is not of Gemma 3's kind.

    Gemma 3's kind is BPE with bytes for unknown characters, and with all control tokens and bytes at ids below 512.
    """
    proto = read_model(model, name)
    if proto.trainer_spec.model_type != BPE:
        raise foreign(name, "it is not a BPE model")
    texts = tuple(piece.piece for piece in proto.pieces)
    pieces = Pieces(texts, tuple(piece.score for piece in proto.pieces), bytes(piece.type for piece in proto.pieces))
    if len(pieces.ids) < len(texts):
        raise foreign(name, "a piece is in it twice")
    if not set(pieces.kinds) <= {NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE}:
        raise foreign(name, "it has pieces of an unknown kind")
    for token, index in {**META_TOKENS, **CONTROL_TOKENS}.items():
        unused = f"<unused{index - FIRST_UNUSED_ID}>" if index <= LAST_BEFORE_TURNS_ID else token
        if pieces.ids.get(token) != index and pieces.ids.get(unused) != index:
            raise foreign(name, f"{token} does not have the id {index}")
    lacking = [byte for byte in BYTES if pieces.ids.get(byte, PROTECTED) >= PROTECTED]
    if not proto.trainer_spec.byte_fallback or lacking:
        raise foreign(name, f"it has no byte fallback with bytes at ids below {PROTECTED}")
    return pieces


def read_model(model: bytes, name: str) -> Any:
    """Returns the parsed ModelProto. Raises InputError if the bytes are none."""
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2

    try:
        return sentencepiece_model_pb2.ModelProto.FromString(model)
    except DecodeError as error:
        raise InputError(f"{name} is damaged: {error}. Download or save the checkpoint again.") from error


def foreign(name: str, why: str) -> InputError:
    """Returns the error for a tokenizer of another kind than Gemma 3's."""
    return InputError(
        f"The vocabulary of {name} cannot be trimmed: {why}, and Gemma 3's tokenizer is different. Keep the full "
        "vocabulary."
    )
