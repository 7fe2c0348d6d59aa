"""The keys and values of many rows side by side behind one prefix, and whose each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from job_templates.ml.shared_prefix.attention import Attention, attentions
from job_templates.ml.shared_prefix.forward import last_states
from job_templates.ml.shared_prefix.packs import visible

Keys = list[tuple[Tensor, Tensor]]
"""Keys and values of every layer, each (1, heads, tokens, head size)."""
BLOCK = 64
"""Queries a block of attention on a CPU: about two rows, and scores that stay in its cache."""


@dataclass(frozen=True, slots=True)
class RowKeys:
    """What a model computed of one row behind the prefix: its keys, and the position of each."""

    keys: Keys
    positions: Tensor


class PackedCache:
    """Reads tokens of many rows in one sequence; each sees the prefix and its own row.

    `model` is a Gemma3ForCausalLM, `prefix` the prefix's keys (none for an empty one), `rows` what was computed of rows
    before; their owners count from 1, and owner 0 is the prefix.
    """

    def __init__(self, model: Any, device: torch.device, prefix: Keys, rows: Sequence[RowKeys] = ()) -> None:
        self._model = model.model
        self._device = device
        self._prefix = prefix[0][0].shape[2] if prefix else 0
        before = zip(*([prefix] if prefix else []), *(row.keys for row in rows), strict=True)
        self._keys: Keys = [_joined(layer) for layer in before]
        sizes = [self._prefix, *(len(row.positions) for row in rows)]
        self._owners = torch.arange(len(sizes), device=device).repeat_interleave(torch.tensor(sizes, device=device))
        self._positions = torch.cat([torch.arange(self._prefix, device=device), *(row.positions for row in rows)])
        self._window = int(model.config.sliding_window or model.config.max_position_embeddings)

    def read(self, ids: Sequence[int], positions: Sequence[int], owners: Sequence[int], asked: Sequence[int]) -> Tensor:
        """Compute these tokens of rows `owners` at `positions`; the hidden states at `asked` of them, (asked, hidden).

        At least one is asked for: behind the last layer's keys nothing else is computed.
        """
        at, whose, places = (torch.tensor(numbers, device=self._device) for numbers in (positions, owners, asked))
        self._owners = torch.cat([self._owners, whose])
        self._positions = torch.cat([self._positions, at])
        masks = visible(whose[None], at[None], self._owners[None], self._positions[None], self._window)
        *kinds, last_kind = self._model.config.layer_types
        seen = attentions(masks, self._prefix, self._device, BLOCK)
        last = attentions({last_kind: masks[last_kind][:, :, places]}, self._prefix, self._device, BLOCK)
        attend = [
            partial(self._attend, number, attention)
            for number, attention in enumerate([*(seen[kind] for kind in kinds), last[last_kind]])
        ]
        states = last_states(self._model, torch.tensor([ids], device=self._device), at[None], attend, places)
        return states[0]

    def prefix_keys(self) -> Keys:
        """The keys and values of every layer, where nothing but a prefix was read."""
        return self._keys

    def row_keys(self, owner: int, end: int) -> RowKeys:
        """What was computed of a row before position `end`."""
        kept = ((self._owners == owner) & (self._positions < end)).nonzero()[:, 0]
        return RowKeys([(key[:, :, kept], value[:, :, kept]) for key, value in self._keys], self._positions[kept])

    def _attend(
        self, layer: int, attention: Attention, query: Tensor, key: Tensor, value: Tensor, scale: float
    ) -> Tensor:
        """Attention over what was computed before and these keys, which are kept with it."""
        if layer < len(self._keys):
            key, value = (torch.cat(pair, dim=2) for pair in zip(self._keys[layer], (key, value), strict=True))
            self._keys[layer] = key, value
        else:
            self._keys.append((key, value))
        return attention(query, key, value, scale)


def _joined(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """The keys and the values of several, one behind the other."""
    keys, values = zip(*pairs, strict=True)
    return torch.cat(keys, dim=2), torch.cat(values, dim=2)
