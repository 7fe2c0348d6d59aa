"""The size of the KV cache and the prefill lengths of an exported file, in tokens."""

from __future__ import annotations

from collections.abc import Sequence

from backend.errors import InputError

AUTO = "auto"
AUTO_CACHES = (1024, 2048, 4096)
"""What "auto" chooses from: the sizes that apps and published bundles use."""

SMALL_CACHE = 256
"""Enough for a prompt without declarations, and offered for it."""

LEAST_CACHE, MOST_CACHE = 32, 32_768
PREFILL_LENGTHS = (32, 256)
"""A short question fills the first, a prompt with declarations a few times the second."""

SPARE = 8
"""Tokens that a row may be longer than the longest one known and still fit."""


def read_cache(text: str) -> int | None:
    """Returns the tokens of `--kv-cache-max-len`, None for "auto". Raises InputError if the value is not allowed."""
    if text.strip() == AUTO:
        return None
    if not text.strip().isdecimal() or not LEAST_CACHE <= int(text) <= MOST_CACHE:
        raise InputError(
            f"--kv-cache-max-len {text!r}: give {AUTO}, or a number of tokens from {LEAST_CACHE} to {MOST_CACHE:,}."
        )
    return int(text)


def smallest_cache(longest_row: int) -> int:
    """Returns the smallest of AUTO_CACHES that holds a row of that many tokens. Raises InputError if none does."""
    for cache in AUTO_CACHES:
        if longest_row + SPARE <= cache:
            return cache
    needed = 1 << (longest_row + SPARE - 1).bit_length()
    raise InputError(
        f"The longest prompt with its answer has {longest_row:,} tokens, more than the {AUTO_CACHES[-1]:,} that "
        f"--kv-cache-max-len {AUTO} goes up to. Ask for it with --kv-cache-max-len {needed}, or train with fewer "
        "declarations in the prompt (--declarations names or none)."
    )


def read_prefill(text: str) -> tuple[int, ...]:
    """Returns the lengths of `--prefill-seq-len`, ascending. Raises InputError if they are not numbers."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f"--prefill-seq-len {text!r}: give a number of tokens, or several such as 32,256.")
    return tuple(sorted({int(part) for part in parts}))


def fitting_prefill(requested: Sequence[int] | None, cache: int) -> tuple[int, ...]:
    """The prefill lengths of a file with such a cache: those requested, else PREFILL_LENGTHS as far as they fit.

    Raises InputError if a requested length is longer than the cache.
    """
    if requested is None:
        return tuple(length for length in PREFILL_LENGTHS if length <= cache)
    if requested[-1] > cache:
        raise InputError(
            f"--prefill-seq-len {requested[-1]} is more than the {cache:,} tokens of --kv-cache-max-len. "
            f"Give at most {cache}."
        )
    return tuple(requested)
