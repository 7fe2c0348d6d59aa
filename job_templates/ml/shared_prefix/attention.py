"""Attention over packs by blocks: each block of queries uses only the keys that one of its queries attends to.

The result equals masked attention over the whole pack, which would mask about half of its products. On a CPU this is
faster than the fused kernel (docs/training.md). On other devices, the fused kernel takes the whole mask.
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
"""Queries per block: fewer waste fewer products, and more give larger matrix products, which are faster."""


class Attention(Protocol):
    """Attention of queries to keys under a fixed mask."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Returns the weighted values: (packs, heads, queries, size).

        `query` is (packs, heads, queries, size); `key` and `value` are (packs, key-value heads, keys, size).
        """
        ...

    def after(self, start: int) -> Attention:
        """Returns the same attention for the queries from `start` on."""
        ...


@dataclass(frozen=True, slots=True)
class Masked:
    """Torch's fused attention under a boolean mask of (packs, 1, queries, keys).

    Each head gets its own copy of the keys. If heads share keys (enable_gqa), no fused kernel for CUDA takes a mask
    (torch 2.13, can_use_mem_efficient_attention in sdp_utils.cpp), and torch would compute all scores in float32.
    """

    mask: Tensor

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Returns the weighted values of every query."""
        heads = query.shape[1] // key.shape[1]
        key, value = (part.repeat_interleave(heads, dim=1) for part in (key, value))
        return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=self.mask, scale=scale)

    def after(self, start: int) -> Masked:
        """Returns the mask's rows from `start` on."""
        return Masked(self.mask[:, :, start:])


@dataclass(frozen=True, slots=True)
class Block:
    """The queries from `first` to before `last`, the ranges of keys they attend to, and a bias for their scores."""

    first: int
    last: int
    keys: tuple[slice, ...]
    bias: Tensor


@dataclass(frozen=True, slots=True)
class Blocked:
    """Attention by blocks of queries. The first block begins with the first given query."""

    blocks: tuple[Block, ...]

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Returns the weighted values of every query."""
        value = value.to(products_type(value))
        with torch.autocast(query.device.type, enabled=False):
            mixed: Tensor = _BlockedAttention.apply(query, key, value, scale, self.blocks)  # type: ignore[no-untyped-call] # torch's own method has no types
        return mixed

    def after(self, start: int) -> Blocked:
        """Returns the blocks from `start` on; one of them must begin there."""
        return Blocked(tuple(block for block in self.blocks if block.first >= start))


class _BlockedAttention(torch.autograd.Function):
    """Softmax attention by blocks. Unlike flash attention, the backward pass uses saved weights (Dao et al. 2022,
    arXiv:2205.14135, appendix B)."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float, blocks: tuple[Block, ...]) -> Tensor:
        queries = _by_place(query, key.shape[1])
        mixed = torch.empty_like(queries, dtype=value.dtype, memory_format=torch.contiguous_format)
        saved = []
        for block, places in _places(blocks):
            scores = _rows(queries[:, :, places] * scale) @ _seen(key, block).transpose(2, 3)
            seen = scores.view(*queries[:, :, places].shape[:-1], -1).add_(block.bias[:, :, :, None])
            weights = torch.softmax(seen, dim=-1).view_as(scores).to(value.dtype)
            mixed[:, :, places] = (weights @ _seen(value, block)).view_as(mixed[:, :, places])
            saved.append(weights)
        ctx.scale, ctx.blocks = scale, blocks
        ctx.save_for_backward(query, key, value, mixed, *saved)
        return _by_head(mixed)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, mixed, *saved = ctx.saved_tensors
        queries, gradient = (_by_place(part, key.shape[1]) for part in (query, upstream))
        narrow = value.dtype
        narrow_query, narrow_key = queries.to(narrow), key.to(narrow)
        overlap = (gradient.to(query.dtype) * mixed).sum(-1, keepdim=True)
        towards_query = torch.empty_like(queries, memory_format=torch.contiguous_format)
        towards_key, towards_value = torch.zeros_like(key), torch.zeros_like(value, dtype=key.dtype)
        for (block, places), weights in zip(_places(ctx.blocks), saved, strict=True):
            out = _rows(gradient[:, :, places])
            _add(towards_value, block, weights.transpose(2, 3) @ out)
            scores = out.to(query.dtype) @ _seen(value, block).to(query.dtype).transpose(2, 3)
            scores = scores.sub_(_rows(overlap[:, :, places])).mul_(weights).mul_(ctx.scale).to(narrow)
            towards_query[:, :, places] = (scores @ _seen(narrow_key, block)).view_as(towards_query[:, :, places])
            _add(towards_key, block, scores.transpose(2, 3) @ _rows(narrow_query[:, :, places]))
        return _by_head(towards_query), towards_key, towards_value.to(narrow), None, None


def _places(blocks: Sequence[Block]) -> list[tuple[Block, slice]]:
    """The blocks with their ranges of queries, counted from the first query of the first block."""
    origin = blocks[0].first
    return [(block, slice(block.first - origin, block.last - origin)) for block in blocks]


def _by_place(states: Tensor, groups: int) -> Tensor:
    """(packs, groups, queries, heads that share keys, size) from (packs, heads, queries, size)."""
    packs, _, length, size = states.shape
    return states.view(packs, groups, -1, length, size).transpose(2, 3)


def _by_head(states: Tensor) -> Tensor:
    """The inverse of `_by_place`."""
    return states.transpose(2, 3).flatten(1, 2)


def _rows(states: Tensor) -> Tensor:
    """The queries of all heads that share keys, as one matrix: (packs, groups, queries and heads, size)."""
    return states.flatten(2, 3)


def _seen(states: Tensor, block: Block) -> Tensor:
    """The keys or values that a block attends to, from (packs, groups, keys, size)."""
    parts = [states[:, :, span] for span in block.keys]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)


def _add(total: Tensor, block: Block, part: Tensor) -> None:
    """Add a block's part of the gradient of its keys or values to `total`."""
    first = 0
    for span in block.keys:
        last = first + span.stop - span.start
        total[:, :, span] += part[:, :, first:last]
        first = last


def attentions(
    masks: Mapping[str, Tensor], prefix: int, device: torch.device, block: int = BLOCK
) -> dict[str, Attention]:
    """Returns the attention of each kind of layer, from its mask of queries and keys.

    The first `prefix` keys are shared. If there are as many queries as keys, no block has queries of both the prefix
    and the rows.
    """
    kinds: dict[int, Attention] = {}
    for mask in masks.values():  # both kinds may share one mask
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
    """The range from the first to the last attended key between `start` and `end`."""
    places = seen[start:end].nonzero()
    return slice(start + int(places[0]), start + int(places[-1]) + 1)
