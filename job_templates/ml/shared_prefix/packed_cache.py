"""A cache with the keys and values of one prefix and of many rows, and the owner of each of them."""

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
"""Queries per block of attention on a CPU: about two rows, so that their scores fit the CPU's cache."""


@dataclass(frozen=True, slots=True)
class RowKeys:
    """The keys and values of one row after the prefix, and the position of each."""

    keys: Keys
    positions: Tensor


class PackedCache:
    """Computes tokens of many rows in one sequence. Each token attends to the prefix and to its own row.

    `model` is a Gemma3ForCausalLM. `prefix` has the keys of the prefix (empty if there is none), `rows` the keys that
    were computed before. The owners of rows count from 1; owner 0 is the prefix.
    """

    def __init__(self, model: Any, device: torch.device, prefix: Keys, rows: Sequence[RowKeys] = ()) -> None:
        self._model = model.model
        self._device = device
        self._prefix = prefix[0][0].shape[2] if prefix else 0
        earlier = zip(*([prefix] if prefix else []), *(row.keys for row in rows), strict=True)
        self._keys: Keys = [_joined(layer) for layer in earlier]
        sizes = [self._prefix, *(len(row.positions) for row in rows)]
        self._owners = torch.arange(len(sizes), device=device).repeat_interleave(torch.tensor(sizes, device=device))
        self._positions = torch.cat([torch.arange(self._prefix, device=device), *(row.positions for row in rows)])
        self._window = int(model.config.sliding_window or model.config.max_position_embeddings)

    def read(
        self, ids: Sequence[int], positions: Sequence[int], owners: Sequence[int], requested: Sequence[int]
    ) -> Tensor:
        """Compute the tokens `ids` of rows `owners` at `positions`.

        Returns the last hidden states of the tokens with the indices `requested`: (requested, hidden). This must not be
        empty. For the other tokens, the last layer computes only keys and values.
        """
        at, owner, places = (torch.tensor(numbers, device=self._device) for numbers in (positions, owners, requested))
        self._owners = torch.cat([self._owners, owner])
        self._positions = torch.cat([self._positions, at])
        masks = visible(owner[None], at[None], self._owners[None], self._positions[None], self._window)
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
        """Returns the keys and values of every layer, if only a prefix was read."""
        return self._keys

    def row_keys(self, owner: int, end: int) -> RowKeys:
        """Returns the keys and values of a row before position `end`."""
        chosen = ((self._owners == owner) & (self._positions < end)).nonzero()[:, 0]
        return RowKeys([(key[:, :, chosen], value[:, :, chosen]) for key, value in self._keys], self._positions[chosen])

    def _attend(
        self, layer: int, attention: Attention, query: Tensor, key: Tensor, value: Tensor, scale: float
    ) -> Tensor:
        """Attention over the cached keys and these keys, which are added to the cache."""
        if layer < len(self._keys):
            key, value = (torch.cat(pair, dim=2) for pair in zip(self._keys[layer], (key, value), strict=True))
            self._keys[layer] = key, value
        else:
            self._keys.append((key, value))
        return attention(query, key, value, scale)


def _joined(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """The concatenated keys and the concatenated values."""
    keys, values = zip(*pairs, strict=True)
    return torch.cat(keys, dim=2), torch.cat(values, dim=2)
