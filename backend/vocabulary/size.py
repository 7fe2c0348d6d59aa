"""Estimates how much smaller a `.litertlm` file becomes when rows of the embedding table are removed."""

from __future__ import annotations

SCALE_BYTES = 12
"""A float32 scale and an int64 zero point for each row, which each prefill length and the decode step store anew."""
BLOCK_SCALE_BYTES = 2
"""A float16 scale for each block of weights."""
PIECE_BYTES = 20
"""A piece in the packed tokenizer: Gemma 3's tokenizer.model has 5.2 MB for 262,144 pieces."""


def saved_bytes(removed: int, hidden_size: int, bits: int, *, block: int = 0, prefill_lengths: int = 2) -> int:
    """Returns the bytes that a `.litertlm` file loses with `removed` rows of its embedding table.

    The table is also the output layer and is stored once. A row has `hidden_size` weights of `bits` bits, and scales:
    for blocks of `block` weights, or with 8 bits and no blocks for the whole row. Source: a Gemma 3 270M (hidden size
    640, 8 bits, two prefill lengths) has 290.9 MB with 262,144 pieces and 162.1 MB with 77,317, which is 697 bytes a
    row; this gives 696.
    """
    scales = BLOCK_SCALE_BYTES * hidden_size // block if block else SCALE_BYTES * (prefill_lengths + 1) * (bits <= 8)
    return removed * (hidden_size * bits // 8 + scales + PIECE_BYTES)
