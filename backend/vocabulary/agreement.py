"""Reads a tokenizer.json, and holds it against the tokenizer.model beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.files import read_bytes, read_json
from backend.tokens import SentencePieceCounter, load_counter
from backend.vocabulary.coverage import everyday_sentences, probes
from backend.vocabulary.pieces import Pieces, foreign, read_pieces

MODEL, FAST = "tokenizer.model", "tokenizer.json"
LARGEST_BYTES = 128 * 1024**2
"""Gemma 3's tokenizer.json has 33 MB."""


@dataclass(frozen=True, slots=True)
class FastTokenizer:
    """The content of a tokenizer.json, with the parts of it that name pieces: ids, merges and added tokens."""

    data: Mapping[str, Any]
    ids: Mapping[str, int]
    merges: list[tuple[str, str]]
    added: list[dict[str, Any]]


def check_tokenizer(folder: Path) -> tuple[bytes, Pieces, FastTokenizer]:
    """Returns the tokenizer in a folder: the bytes of tokenizer.model, its pieces, and tokenizer.json.

    The files must have the same pieces with the same ids, the same added tokens, and the same merges in the same
    order, and both must give the same tokens for everyday sentences in eight languages and for unusual messages. More
    added tokens after the last piece are allowed. Raises InputError if a file is missing, damaged or not of Gemma 3's
    kind, or if the files disagree.
    """
    model = read_bytes(folder / MODEL, LARGEST_BYTES)
    pieces = read_pieces(model, str(folder / MODEL))
    fast = read_fast(folder / FAST)
    wrong = _other_ids(pieces, fast) or _other_merges(pieces, fast) or _other_tokens(model, folder)
    if wrong:
        raise InputError(f"{folder / FAST} differs from {MODEL}: {wrong}. Download or save the checkpoint again.")
    return model, pieces, fast


def read_fast(path: Path) -> FastTokenizer:
    """Returns the content of a tokenizer.json. Raises InputError if it is damaged or not of Gemma 3's kind."""
    data = read_json(path, LARGEST_BYTES)
    try:
        model = data["model"]
        merges = [_pair(merge) for merge in model["merges"]]
        ids = {str(text): int(index) for text, index in model["vocab"].items()}
        added = [{**token, "id": int(token["id"]), "content": str(token["content"])} for token in data["added_tokens"]]
        kind = (model["type"], model["byte_fallback"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path} is damaged: it is no tokenizer with a vocabulary and merges ({type(error).__name__}: {error}). "
            "Download or save the checkpoint again."
        ) from error
    if kind != ("BPE", True):
        raise foreign(str(path), "it is not a BPE model with byte fallback")
    return FastTokenizer(data, ids, merges, added)


def _pair(merge: Any) -> tuple[str, str]:
    """A merge as a pair of texts; older files have a text with a space in its middle."""
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return str(left), str(right)


def _other_ids(pieces: Pieces, fast: FastTokenizer) -> str:
    """How the pieces and added tokens differ; empty if they do not."""
    count = len(pieces.texts)
    here = {(text, index) for text, index in fast.ids.items() if index < count}
    for text, _ in sorted(here ^ set(pieces.ids.items())):
        return f"{text!r} has the id {fast.ids.get(text)} instead of {pieces.ids.get(text)}"
    for token in fast.added:
        if token["id"] < count and pieces.texts[token["id"]] != token["content"]:
            return f"the added token {token['content']!r} has the id of {pieces.texts[token['id']]!r}"
    return ""


def _other_merges(pieces: Pieces, fast: FastTokenizer) -> str:
    """How the merges of ordinary pieces differ; empty if they do not.

    SentencePiece merges two pieces whenever their joint text is a piece, the one with the highest score first.
    Therefore the merges are all splits of a piece into two others, by the score of the piece.
    """
    scores = pieces.mergeable
    found = [pair for pair in fast.merges if pair[0] in scores and pair[1] in scores and pair[0] + pair[1] in scores]
    expected = set(_splits(scores))
    for left, right in expected.difference(found):
        return f"it does not merge {left!r} and {right!r}"
    ranked = (scores[left + right] for left, right in found)
    return "" if all(first >= second for first, second in pairwise(ranked)) else "its merges are in another order"


def _splits(scores: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    for text in scores:
        for cut in range(1, len(text)):
            if text[:cut] in scores and text[cut:] in scores:
                yield text[:cut], text[cut:]


def _other_tokens(model: bytes, folder: Path) -> str:
    """The first text for which the files give other tokens; empty if there is none."""
    plain, fast = SentencePieceCounter(str(folder / MODEL), model), load_counter(folder, str(folder))
    for text in chain(*everyday_sentences().values(), *probes().values()):
        if plain.encode(text) != fast.encode(text):
            return f"{text!r} has other tokens"
    return ""
