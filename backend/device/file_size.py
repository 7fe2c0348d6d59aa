"""Estimates the size of a `.litertlm` file before the export."""

from __future__ import annotations

from backend.device.lengths import PREFILL_LENGTHS
from backend.device.recipes import Recipe
from backend.runs import TrainingSummary
from backend.vocabulary import AUTO, FULL, LANGUAGES, parse_languages

SCALE_BYTES = 12
"""A float32 scale and an int64 zero point for each row of weights, once for each prefill length and for the decoding.

Source: docs/export.md measured 4.6 MB more for each prefill length, and a Gemma 3 270M has 386,560 rows of weights.
"""
BLOCK_SCALE_BYTES = 2
"""A float16 scale for each block, stored once: so the 159.9 MB of a Gemma 3 270M in 4 bits are explained."""
PIECE_BYTES = 20
"""A piece of the packed tokenizer: Gemma 3's tokenizer.model has 5.2 MB for 262,144 pieces."""


def estimated_bytes(training: TrainingSummary, recipe: Recipe, vocabulary: str) -> int | None:
    """Returns the estimated size of a file in bytes, for a choice of read_vocabulary.

    None if the training did not record its vocabulary, or if that is kept whole. Files of a Gemma 3 270M were within
    2 % of the estimate (docs/export.md). Raises InputError if a language is not known.
    """
    pieces, width, kept = training.pieces, training.hidden_size, training.kept_pieces
    if not pieces or not width or not kept or training.parameters is None or kept >= pieces:
        return None
    others = training.parameters - pieces * width
    if others < 0:  # a damaged summary
        return None
    rows = min(_kept(training, vocabulary), pieces)
    return rows * row_bytes(width, recipe) + round(others * recipe.bytes_per_weight)


def row_bytes(hidden_size: int, recipe: Recipe) -> int:
    """Returns the bytes that one row of the embedding table and its piece take in a file.

    The table is also the output layer and is stored once. Source: a Gemma 3 270M (hidden size 640, 8 bits, two prefill
    lengths) has 290.9 MB with 262,144 pieces and 162.1 MB with 77,317, which is 697 bytes for a row; this function
    gives 696.
    """
    scales = SCALE_BYTES * (len(PREFILL_LENGTHS) + 1) if recipe.bits < 32 else 0
    if recipe.block:
        scales = BLOCK_SCALE_BYTES * hidden_size // recipe.block
    return hidden_size * recipe.bits // 8 + scales + PIECE_BYTES


def _kept(training: TrainingSummary, vocabulary: str) -> int:
    """The pieces that a choice keeps: those of the training's languages, and of each other one what English lacks."""
    assert training.pieces is not None
    assert training.kept_pieces is not None
    if vocabulary == FULL:
        return training.pieces
    if vocabulary == AUTO:
        return training.kept_pieces
    named, own = set(parse_languages(vocabulary)), set(parse_languages(training.kept_languages or ""))
    more = sum(LANGUAGES[code].pieces for code in named - own) - sum(LANGUAGES[code].pieces for code in own - named)
    return max(training.kept_pieces + more, 1)
