"""Attention over packs, block by block: each block of queries meets only the keys that one of them sees.

The same sums as one masked attention over the whole pack, of which about half the products would be masked away. On a
CPU this is faster than the fused kernel (docs/training.md); elsewhere the fused kernel takes the whole mask.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from job_templates.ml.shared_prefix.fused import products_type

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
    """One fused attention under a boolean mask of (packs, 1, queries, keys).

    Each head gets keys of its own: no fused kernel for CUDA takes a mask where heads share keys (enable_gqa; torch
    2.13, can_use_mem_efficient_attention in sdp_utils.cpp), so torch would compute all scores, in float32.
    """

    mask: Tensor

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """The weighted values of every query."""
        heads = query.shape[1] // key.shape[1]
        key, value = (part.repeat_interleave(heads, dim=1) for part in (key, value))
        return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=self.mask, scale=scale)

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
        value = value.to(products_type(value))
        with torch.autocast(query.device.type, enabled=False):
            mixed: Tensor = _BlockedAttention.apply(query, key, value, scale, self.blocks)  # type: ignore[no-untyped-call] # torch's own method has no types
        return mixed

    def after(self, start: int) -> Blocked:
        """The blocks from `start` on, where one begins."""
        return Blocked(tuple(block for block in self.blocks if block.first >= start))


class _BlockedAttention(torch.autograd.Function):
    """Softmax attention, block by block; backward as in flash attention (Dao et al. 2022, arXiv:2205.14135, appendix B)
    but with the weights kept."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float, blocks: tuple[Block, ...]) -> Tensor:
        asked = _by_place(query, key.shape[1])
        mixed = torch.empty_like(asked, dtype=value.dtype, memory_format=torch.contiguous_format)
        kept = []
        for block, places in _places(blocks):
            scores = _rows(asked[:, :, places] * scale) @ _seen(key, block).transpose(2, 3)
            seen = scores.view(*asked[:, :, places].shape[:-1], -1).add_(block.bias[:, :, :, None])
            weights = torch.softmax(seen, dim=-1).view_as(scores).to(value.dtype)
            mixed[:, :, places] = (weights @ _seen(value, block)).view_as(mixed[:, :, places])
            kept.append(weights)
        ctx.scale, ctx.blocks = scale, blocks
        ctx.save_for_backward(query, key, value, mixed, *kept)
        return _by_head(mixed)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, mixed, *kept = ctx.saved_tensors
        asked, gradient = (_by_place(part, key.shape[1]) for part in (query, upstream))
        narrow = value.dtype
        narrow_query, narrow_key = asked.to(narrow), key.to(narrow)
        overlap = (gradient.to(query.dtype) * mixed).sum(-1, keepdim=True)
        towards_query = torch.empty_like(asked, memory_format=torch.contiguous_format)
        towards_key, towards_value = torch.zeros_like(key), torch.zeros_like(value, dtype=key.dtype)
        for (block, places), weights in zip(_places(ctx.blocks), kept, strict=True):
            out = _rows(gradient[:, :, places])
            _add(towards_value, block, weights.transpose(2, 3) @ out)
            scores = out.to(query.dtype) @ _seen(value, block).to(query.dtype).transpose(2, 3)
            scores = scores.sub_(_rows(overlap[:, :, places])).mul_(weights).mul_(ctx.scale).to(narrow)
            towards_query[:, :, places] = (scores @ _seen(narrow_key, block)).view_as(towards_query[:, :, places])
            _add(towards_key, block, scores.transpose(2, 3) @ _rows(narrow_query[:, :, places]))
        return _by_head(towards_query), towards_key, towards_value.to(narrow), None, None


def _places(blocks: Sequence[Block]) -> list[tuple[Block, slice]]:
    """The blocks with the queries of each, counted from the first one's."""
    origin = blocks[0].first
    return [(block, slice(block.first - origin, block.last - origin)) for block in blocks]


def _by_place(states: Tensor, groups: int) -> Tensor:
    """(packs, groups, queries, heads that share keys, size) from (packs, heads, queries, size)."""
    packs, _, length, size = states.shape
    return states.view(packs, groups, -1, length, size).transpose(2, 3)


def _by_head(states: Tensor) -> Tensor:
    """Back again."""
    return states.transpose(2, 3).flatten(1, 2)


def _rows(states: Tensor) -> Tensor:
    """The heads that share keys as one matrix: (packs, groups, queries and heads, size)."""
    return states.flatten(2, 3)


def _seen(states: Tensor, block: Block) -> Tensor:
    """The keys or values that a block sees, of (packs, groups, keys, size)."""
    parts = [states[:, :, span] for span in block.keys]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)


def _add(total: Tensor, block: Block, part: Tensor) -> None:
    """Add what a block found for the keys that it sees."""
    first = 0
    for span in block.keys:
        last = first + span.stop - span.start
        total[:, :, span] += part[:, :, first:last]
        first = last


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
