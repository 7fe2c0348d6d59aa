"""Where batches come from: rows, as they stand or varied, encoded and packed."""

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
    """Rows to train on; the same row may come out differently each time it is drawn."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def draw(self, index: int, turn: int) -> TokenRow:
        """The row at `index`, perhaps varied, as it comes in the pass `turn` over all rows."""
        ...


class FixedRows:
    """Rows as they stand."""

    def __init__(self, rows: Sequence[TokenRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, index: int, turn: int) -> TokenRow:  # noqa: ARG002 - the same at every turn
        """The row at `index`."""
        return self._rows[index]


class PackCollator:
    """Turns row numbers into prefix-shared batches for a model of the shape in `config`.

    `turn` is the pass over the rows that is under way, from 0: it makes a resumed training draw what it would have.
    """

    def __init__(self, train: RowSource, held_out: Sequence[TokenRow], config: PreTrainedConfig) -> None:
        self._train = train
        self._held_out = held_out
        self._window = int(config.sliding_window or config.max_position_embeddings)
        self._cost = cost_of(config)
        self.train_rows = len(train)
        self.held_out_rows = len(held_out)
        self.turn = 0

    def __call__(self, features: Sequence[dict[str, int]]) -> dict[str, Any]:
        """The rows of one step; the Trainer counts what is learned in `shift_labels`, where `labels` stands too."""
        rows = [self._train.draw(feature["row"], self.turn) for feature in features]
        labels = torch.tensor([token for row in rows for token in row.completion])
        return {"rows": rows, "labels": labels, "shift_labels": labels}

    def held_out(self, size: int) -> Iterator[PackedBatch]:
        """The held-out rows in batches of `size`, as they stand."""
        for start in range(0, len(self._held_out), size):
            yield self.pack(self._held_out[start : start + size])

    def pack(self, rows: Sequence[TokenRow]) -> PackedBatch:
        """One batch of these rows."""
        return pack_rows(rows, shared_prefix(rows), self._window, self._cost)


def padded(rows: Sequence[TokenRow], pad_id: int = 0) -> dict[str, Tensor]:
    """The rows padded on the right, one sequence each, as TRL and transformers take them; labels on answers alone."""
    length = max(len(row) for row in rows)
    ids = torch.full((len(rows), length), pad_id)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row.prompt + row.completion)
        mask[number, : len(row)] = 1
        labels[number, len(row.prompt) : len(row)] = torch.tensor(row.completion)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def cost_of(config: PreTrainedConfig) -> Cost:
    """What a token and a pair of tokens cost in a model of this shape, in multiply-adds."""
    attention = config.num_attention_heads * config.head_dim
    projections = config.hidden_size * 2 * (attention + config.num_key_value_heads * config.head_dim)
    feed_forward = 3 * config.hidden_size * config.intermediate_size
    return Cost(
        token=config.num_hidden_layers * (projections + feed_forward), pair=config.num_hidden_layers * 2 * attention
    )
