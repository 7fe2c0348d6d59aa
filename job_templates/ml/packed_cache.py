"""The keys and values of many rows side by side behind one prefix, and whose each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from job_templates.ml.packs import visible

Keys = list[tuple[Tensor, Tensor]]
"""Keys and values of every layer, each (1, heads, tokens, head size)."""


@dataclass(frozen=True, slots=True)
class RowKeys:
    """What a model computed of one row behind the prefix: its keys, and the position of each."""

    keys: Keys
    positions: Tensor


class PackedCache:
    """Reads tokens of many rows in one sequence; each sees the prefix and its own row.

    `prefix` is the prefix's keys (none for an empty one), `rows` what was computed of rows before; their owners count
    from 1, and owner 0 is the prefix.
    """

    def __init__(self, model: Any, device: torch.device, prefix: Keys, rows: Sequence[RowKeys] = ()) -> None:
        self._model = model
        self._device = device
        # without a config the cache keeps every key; the window is the masks' business
        self._cache = DynamicCache()
        self._prefix = prefix[0][0].shape[2] if prefix else 0
        for layer, pair in enumerate(zip(*([prefix] if prefix else []), *(row.keys for row in rows), strict=True)):
            keys, values = (torch.cat(parts, dim=2) for parts in zip(*pair, strict=True))
            self._cache.update(keys, values, layer)
        sizes = [self._prefix, *(len(row.positions) for row in rows)]
        self._owners = torch.arange(len(sizes), device=device).repeat_interleave(torch.tensor(sizes, device=device))
        self._positions = torch.cat([torch.arange(self._prefix, device=device), *(row.positions for row in rows)])
        self._window = int(model.config.sliding_window or model.config.max_position_embeddings)

    def read(self, ids: Sequence[int], positions: Sequence[int], owners: Sequence[int]) -> Tensor:
        """Compute these tokens of rows `owners` at `positions`; the hidden state of each, (tokens, hidden)."""
        at, whose = (torch.tensor(numbers, device=self._device) for numbers in (positions, owners))
        self._owners = torch.cat([self._owners, whose])
        self._positions = torch.cat([self._positions, at])
        output = self._model.model(
            input_ids=torch.tensor([ids], device=self._device),
            position_ids=at[None],
            attention_mask=visible(whose[None], at[None], self._owners[None], self._positions[None], self._window),
            past_key_values=self._cache,
            use_cache=True,
        )
        hidden: Tensor = output.last_hidden_state[0]
        return hidden

    def prefix_keys(self) -> Keys:
        """The keys and values of every layer, where nothing but a prefix was read."""
        return [(layer.keys, layer.values) for layer in self._cache.layers]

    def row_keys(self, owner: int, end: int) -> RowKeys:
        """What was computed of a row before position `end`."""
        kept = ((self._owners == owner) & (self._positions < end)).nonzero()[:, 0]
        keys = [(layer.keys[:, :, kept], layer.values[:, :, kept]) for layer in self._cache.layers]
        return RowKeys(keys, self._positions[kept])
