"""Batches: rows, unchanged or varied, encoded and packed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import PreTrainedConfig

from job_templates.ml.rows import TokenRow, shared_prefix
from job_templates.ml.shared_prefix.packs import Cost, PackedBatch, pack_rows

IGNORED = -100


class RowSource(Protocol):
    """Rows to train on. A row may be varied each time it is drawn."""

    def __len__(self) -> int:
        """Returns the number of rows."""
        ...

    def draw(self, index: int, epoch: int) -> TokenRow:
        """Returns the row at `index`, which may be varied, for this epoch."""
        ...


class FixedRows:
    """Rows that are never varied."""

    def __init__(self, rows: Sequence[TokenRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, index: int, epoch: int) -> TokenRow:  # noqa: ARG002 - the same in every epoch
        """Returns the row at `index`."""
        return self._rows[index]


class PackCollator:
    """Turns row numbers into prefix-shared batches for a model of the shape in `config`.

    `epoch` is the number of the current epoch, from 0. With it, a resumed training draws the same rows.
    """

    def __init__(self, train: RowSource, held_out: Sequence[TokenRow], config: PreTrainedConfig) -> None:
        self._train = train
        self._held_out = held_out
        self._window = int(config.sliding_window or config.max_position_embeddings)
        self._cost = cost_of(config)
        self.train_rows = len(train)
        self.held_out_rows = len(held_out)
        self.epoch = 0

    def __call__(self, features: Sequence[dict[str, int]]) -> dict[str, Any]:
        """Returns the rows of one step, and their labels. The Trainer counts the answer tokens in `shift_labels`."""
        rows = [self._train.draw(feature["row"], self.epoch) for feature in features]
        labels = torch.tensor([token for row in rows for token in row.completion])
        return {"rows": rows, "labels": labels, "shift_labels": labels}

    def held_out(self, size: int) -> Iterator[PackedBatch]:
        """Yields the held-out rows in batches of `size`, without variation."""
        for start in range(0, len(self._held_out), size):
            yield self.pack(self._held_out[start : start + size])

    def pack(self, rows: Sequence[TokenRow]) -> PackedBatch:
        """Returns one batch of these rows."""
        return pack_rows(rows, shared_prefix(rows), self._window, self._cost)


def padded(rows: Sequence[TokenRow], pad_id: int = 0) -> dict[str, Tensor]:
    """Returns the rows padded on the right, as TRL and transformers expect them. Only answer tokens have labels."""
    length = max(len(row) for row in rows)
    ids = torch.full((len(rows), length), pad_id)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row.prompt + row.completion)
        mask[number, : len(row)] = 1
        labels[number, len(row.prompt) : len(row)] = torch.tensor(row.completion)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def cost_of(config: PreTrainedConfig) -> Cost:
    """Returns the cost of a token and of a pair of tokens in a model of this shape, in multiply-adds."""
    attention = config.num_attention_heads * config.head_dim
    projections = config.hidden_size * 2 * (attention + config.num_key_value_heads * config.head_dim)
    feed_forward = 3 * config.hidden_size * config.intermediate_size
    return Cost(
        token=config.num_hidden_layers * (projections + feed_forward), pair=config.num_hidden_layers * 2 * attention
    )
