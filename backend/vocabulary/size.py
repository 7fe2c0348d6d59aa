"""Estimates how much smaller a `.litertlm` file becomes when rows of the embedding table are removed."""

from __future__ import annotations

SCALE_BYTES = 12
"""A float32 scale and an int64 zero point for each row of weights, once for each prefill length and for the decoding.

Source: docs/export.md measured 4.6 MB more for each prefill length, and a Gemma 3 270M has 386,560 rows of weights.
"""
BLOCK_SCALE_BYTES = 2
"""A float16 scale for each block, stored once: so the 159.9 MB of a Gemma 3 270M in 4 bits are explained."""
PIECE_BYTES = 20
"""A piece of the packed tokenizer: Gemma 3's tokenizer.model has 5.2 MB for 262,144 pieces."""


def saved_bytes(removed: int, hidden_size: int, bits: int, *, block: int = 0, prefill_lengths: int = 2) -> int:
    """Returns the bytes that a `.litertlm` file loses with `removed` rows of its embedding table.

    The table is also the output layer and is stored once. A row has `hidden_size` weights of `bits` bits. It has a
    scale for each `block` weights, or one for the row if `block` is 0; with 32 bits it has none. Source: a Gemma 3 270M
    (hidden size 640, 8 bits, two prefill lengths) has 290.9 MB with 262,144 pieces and 162.1 MB with 77,317, which is
    697 bytes for a row; this function gives 696.
    """
    scales = SCALE_BYTES * (prefill_lengths + 1) if bits < 32 else 0
    if block:
        scales = BLOCK_SCALE_BYTES * hidden_size // block
    return removed * (hidden_size * bits // 8 + scales + PIECE_BYTES)
