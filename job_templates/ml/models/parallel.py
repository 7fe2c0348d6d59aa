"""Independent pieces of CPU work side by side, one thread each.

Torch's own threads share every single product and wait for each other after it, which many small products pay for with
as much waiting as work; pieces that do not meet until their end do not wait.
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
    """What `work` makes of each piece, in order and without gradients; torch's threads are divided among the pieces."""
    threads = torch.get_num_threads()
    at_once = min(threads, len(pieces))
    if at_once < 2:
        return [_inference(work, piece) for piece in pieces]
    try:
        with ThreadPoolExecutor(at_once, initializer=lambda: torch.set_num_threads(threads // at_once)) as pool:
            return list(pool.map(lambda piece: _inference(work, piece), pieces))
    finally:
        torch.set_num_threads(threads)  # what a thread that begins later takes over


@torch.inference_mode()
def _inference(work: Callable[[Piece], Result], piece: Piece) -> Result:
    return work(piece)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch works with one thread here, for what is made of many small products."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def portions(length: int, step: int) -> list[range]:
    """0 to before `length` in about equal ranges, one a torch thread at most, each beginning at a whole step."""
    steps = -(-length // step)
    number = max(1, min(steps, torch.get_num_threads()))
    edges = [min(length, steps * part // number * step) for part in range(number + 1)]
    return [range(first, last) for first, last in pairwise(edges)]
