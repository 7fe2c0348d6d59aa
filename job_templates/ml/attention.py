"""Attention over packs, block by block: each block of queries meets only the keys that one of them sees.

The same sums as one masked attention over the whole pack, of which about half the products would be masked away. On a
CPU this is faster than the fused kernel (docs/training.md); elsewhere the fused kernel takes the whole mask.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

BLOCK = 128
"""Queries a block: fewer waste fewer products, more keep the matrix products large."""


class Attention(Protocol):
    """Which keys the queries see, and how they are brought together."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """(packs, heads, queries, size) from query, and key and value of (packs, key-value heads, keys, size)."""
        ...

    def after(self, start: int) -> Attention:
        """The same for the queries from `start` on alone."""
        ...


@dataclass(frozen=True, slots=True)
class Masked:
    """One fused attention under a boolean mask of (packs, 1, queries, keys)."""

    mask: Tensor

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """The weighted values of every query."""
        return nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=self.mask, scale=scale, enable_gqa=True
        )

    def after(self, start: int) -> Masked:
        """The mask's later rows."""
        return Masked(self.mask[:, :, start:])


@dataclass(frozen=True, slots=True)
class Block:
    """The queries of `first` to before `last`, the key ranges they see, and what is added to their scores."""

    first: int
    last: int
    keys: tuple[slice, ...]
    bias: Tensor


@dataclass(frozen=True, slots=True)
class Blocked:
    """Blocks of queries, the first of which begins at query 0 of what is given."""

    blocks: tuple[Block, ...]

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """The weighted values of every query."""
        query = query * scale
        origin = self.blocks[0].first
        parts = [
            _attend(query[:, :, block.first - origin : block.last - origin], key, value, block) for block in self.blocks
        ]
        return torch.cat(parts, dim=2)

    def after(self, start: int) -> Blocked:
        """The blocks from `start` on, where one begins."""
        return Blocked(tuple(block for block in self.blocks if block.first >= start))


def _attend(query: Tensor, key: Tensor, value: Tensor, block: Block) -> Tensor:
    """One block: the heads that share keys are one matrix product."""
    packs, heads, length, size = query.shape
    groups = key.shape[1]
    key, value = (torch.cat([part[:, :, span] for span in block.keys], dim=2) for part in (key, value))
    folded = query.reshape(packs, groups, heads // groups * length, size)
    scores = (folded @ key.transpose(2, 3)).view(packs, heads, length, -1)
    weights = torch.softmax(scores.add_(block.bias), dim=-1, dtype=torch.float32).to(value.dtype)
    mixed = weights.view(packs, groups, heads // groups * length, -1) @ value
    return mixed.view(packs, heads, length, size)


def attentions(
    masks: Mapping[str, Tensor], prefix: int, device: torch.device, block: int = BLOCK
) -> dict[str, Attention]:
    """What each kind of layer calls, from its mask of queries and keys; `prefix` keys stand first.

    Where the queries are those of all keys, a block ends with the prefix.
    """
    kinds: dict[int, Attention] = {}
    for mask in masks.values():  # one mask may serve both kinds
        if id(mask) not in kinds:
            kinds[id(mask)] = _blocked(mask, prefix, block) if device.type == "cpu" else Masked(mask.to(device))
    return {kind: kinds[id(mask)] for kind, mask in masks.items()}


def _blocked(mask: Tensor, prefix: int, block: int) -> Blocked:
    length = mask.shape[-1]
    blocks = []
    queries = mask.shape[-2]
    alone = prefix if queries == length else 0
    for first, last in [*_spans(0, alone, block), *_spans(alone, queries, block)]:
        seen = mask[:, 0, first:last].any(dim=0).any(dim=0)
        keys = tuple(
            _reach(seen, start, end) for start, end in ((0, prefix), (prefix, length)) if seen[start:end].any()
        )
        rows = torch.cat([mask[:, :, first:last, span] for span in keys], dim=-1)
        bias = torch.zeros(rows.shape).masked_fill_(~rows, -math.inf)
        blocks.append(Block(first, last, keys, bias))
    return Blocked(tuple(blocks))


def _spans(start: int, end: int, block: int) -> Sequence[tuple[int, int]]:
    return [(first, min(first + block, end)) for first in range(start, end, block)]


def _reach(seen: Tensor, start: int, end: int) -> slice:
    """From the first to the last key seen between start and end."""
    places = seen[start:end].nonzero()
    return slice(start + int(places[0]), start + int(places[-1]) + 1)
