"""Prefix-shared batches: each pack has the common prefix of all rows once, then the rows' own tokens.

This is exact, not an approximation: every token attends to the prefix and to the earlier tokens of its own row, at the
same positions as in a batch without packs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from job_templates.ml.rows import TokenRow

PADDING = -1


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a step: `token` multiply-adds per token in the layers, `pair` per pair of tokens in attention."""

    token: float
    pair: float

    def of(self, packs: int, length: int) -> float:
        """Returns the cost of `packs` sequences of `length` tokens each."""
        return packs * length * (self.token + length * self.pair)


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """A batch of packs; `input_ids` and `position_ids` are (packs, length).

    `masks` has a boolean (packs, 1, length, length) for full and for sliding attention. `predicts` are the flat
    positions whose next token belongs to an answer; none is in the first `prefix` tokens of a pack. `labels` are these
    next tokens, and `answers` has their number for each row, in order. `tokens` is the number of computed tokens,
    `plain_tokens` the number if each row had its own prefix.
    """

    input_ids: Tensor
    position_ids: Tensor
    masks: dict[str, Tensor]
    predicts: Tensor
    labels: Tensor
    answers: tuple[int, ...]
    prefix: int
    tokens: int
    plain_tokens: int

    def to(self, device: torch.device) -> PackedBatch:
        """Returns the batch on `device`. The copy does not wait for the device's current work."""
        moved = {
            id(mask): mask.to(device, non_blocking=True) for mask in self.masks.values()
        }  # both kinds may share one mask
        return replace(
            self,
            input_ids=self.input_ids.to(device, non_blocking=True),
            position_ids=self.position_ids.to(device, non_blocking=True),
            masks={kind: moved[id(mask)] for kind, mask in self.masks.items()},
            predicts=self.predicts.to(device, non_blocking=True),
            labels=self.labels.to(device, non_blocking=True),
        )

    @property
    def predicts_in_suffix(self) -> Tensor:
        """`predicts` as flat positions among the tokens after the prefix."""
        length = self.input_ids.shape[1]
        pack = self.predicts // length
        return pack * (length - self.prefix) + self.predicts % length - self.prefix


def pack_rows(rows: Sequence[TokenRow], prefix: int, window: int, cost: Cost, pad_id: int = 0) -> PackedBatch:
    """Returns the rows, which share their first `prefix` tokens, in the cheapest number of packs."""
    groups = cheapest_groups([len(row) - prefix for row in rows], prefix, cost)
    length = prefix + max(sum(len(rows[index]) - prefix for index in group) for group in groups)
    ids = torch.full((len(groups), length), pad_id)
    positions = torch.zeros((len(groups), length), dtype=torch.long)
    owners = torch.full((len(groups), length), PADDING)
    predicts: list[int] = []
    labels: list[int] = []
    answers: list[int] = []
    for number, group in enumerate(groups):
        ids[number, :prefix] = torch.tensor(rows[group[0]].prompt[:prefix])
        positions[number, :prefix] = torch.arange(prefix)
        owners[number, :prefix] = 0
        start = prefix
        for owner, index in enumerate(group, start=1):
            row = rows[index]
            end = start + len(row) - prefix
            ids[number, start:end] = torch.tensor((row.prompt + row.completion)[prefix:])
            positions[number, start:end] = torch.arange(prefix, len(row))
            owners[number, start:end] = owner
            first = number * length + end - len(row.completion) - 1
            predicts.extend(range(first, first + len(row.completion)))
            labels.extend(row.completion)
            answers.append(len(row.completion))
            start = end
    return PackedBatch(
        input_ids=ids,
        position_ids=positions,
        masks=attention_masks(owners, positions, window),
        predicts=torch.tensor(predicts),
        labels=torch.tensor(labels),
        answers=tuple(answers),
        prefix=prefix,
        tokens=ids.numel(),
        plain_tokens=sum(len(row) for row in rows),
    )


def attention_masks(owners: Tensor, positions: Tensor, window: int) -> dict[str, Tensor]:
    """Returns the masks of whole packs. `owners` and `positions` are (packs, length); owner 0 is the prefix."""
    masks = visible(owners, positions, owners, positions, window)
    # a padding token attends to itself, because a softmax over no keys is not a number
    itself = torch.eye(owners.shape[1], dtype=torch.bool, device=owners.device) & (owners[:, :, None] == PADDING)
    whole = {id(mask): mask | itself[:, None] for mask in masks.values()}
    return {kind: whole[id(mask)] for kind, mask in masks.items()}


def visible(
    owners: Tensor, positions: Tensor, key_owners: Tensor, key_positions: Tensor, window: int
) -> dict[str, Tensor]:
    """Returns the mask for each kind of layer, boolean (packs, 1, queries, keys).

    A query attends to the prefix and its own row, to no later position, and with sliding attention only within
    `window`. Both kinds share one tensor if the window covers all positions. No query attends to keys of owner PADDING.
    """
    distance = positions[:, :, None] - key_positions[:, None, :]
    same = (key_owners[:, None, :] == 0) | (owners[:, :, None] == key_owners[:, None, :])
    full = (same & (distance >= 0) & (key_owners[:, None, :] != PADDING))[:, None]
    slides = int(positions.max()) >= window
    sliding = full & (distance < window)[:, None] if slides else full
    return {"full_attention": full, "sliding_attention": sliding}


def cheapest_groups(lengths: Sequence[int], prefix: int, cost: Cost) -> list[list[int]]:
    """Returns the row indices of each pack, in the number of packs with the lowest cost.

    Packs are filled with the longest rows first, so that their lengths are about equal.
    """
    best: list[list[int]] = []
    least = float("inf")
    packs = 1
    while packs <= len(lengths):
        groups = _fill(lengths, packs)
        length = prefix + max(sum(lengths[index] for index in group) for group in groups)
        price = cost.of(packs, length)
        if price < least:
            best, least = groups, price
        packs = packs + 1 if packs < 4 else packs * 5 // 4
    return best


def _fill(lengths: Sequence[int], packs: int) -> list[list[int]]:
    groups: list[list[int]] = [[] for _ in range(packs)]
    filled = [0] * packs
    for index in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        emptiest = filled.index(min(filled))
        groups[emptiest].append(index)
        filled[emptiest] += lengths[index]
    return groups
