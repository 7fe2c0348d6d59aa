"""Independent pieces of CPU work in parallel, one thread for each.

Torch's own threads share every product and wait for each other after it. With many small products, they wait as long
as they work. Independent pieces wait only at their end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

import torch

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def run_threads(work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
    """Returns `work(piece)` for each piece, in order and without gradients. The pieces share torch's threads."""
    threads = torch.get_num_threads()
    at_once = min(threads, len(pieces))
    if at_once < 2:
        return [_inference(work, piece) for piece in pieces]
    try:
        with ThreadPoolExecutor(at_once, initializer=lambda: torch.set_num_threads(threads // at_once)) as pool:
            return list(pool.map(lambda piece: _inference(work, piece), pieces))
    finally:
        torch.set_num_threads(threads)  # the setting that later threads inherit


@torch.inference_mode()
def _inference(work: Callable[[Piece], Result], piece: Piece) -> Result:
    return work(piece)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch uses one thread inside this context, which is faster for many small products."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def portions(length: int, step: int) -> list[range]:
    """Returns `range(length)` as ranges of about equal size, at most one per torch thread.

    Each range starts at a multiple of `step`.
    """
    steps = -(-length // step)
    number = max(1, min(steps, torch.get_num_threads()))
    edges = [min(length, steps * part // number * step) for part in range(number + 1)]
    return [range(first, last) for first, last in pairwise(edges)]
