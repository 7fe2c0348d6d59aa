"""What a GPU would wait for in a training step: copies and numbers read in its middle. Found on a CPU."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from job_templates.ml.rows.encoding import shared_prefix
from job_templates.ml.shared_prefix.answer_loss import token_losses
from job_templates.ml.shared_prefix.attention import Masked
from job_templates.ml.shared_prefix.packs import PackedBatch, pack_rows
from tests.jobs.packed import CPU, MANY_PACKS, some_rows, tiny_model
from tests.jobs.test_trainer import steps, tiny_trainer

LAID_OUT_ON_A_CPU = {"packs.py", "attention.py"}
"""They read numbers of tensors that are on a CPU in any training."""


class Moves(TorchFunctionMode):
    """Notes in `seen` what is moved to a device, by its address, and "layers" when `layers` is called."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def layers(self, *_: Any) -> None:
        self.seen.append("layers")

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.to and isinstance(args[-1], torch.device):
            self.seen.append(args[0].data_ptr())
        return func(*args, **(kwargs or {}))


def test_a_batch_is_on_the_device_before_the_layers_begin() -> None:
    rows = some_rows(30, [3, 40, 2, 9], [4, 6, 25, 5])
    model = tiny_model(8)
    batch = pack_rows(rows, shared_prefix(rows), 8, MANY_PACKS)
    moves = Moves()
    model.model.embed_tokens.register_forward_hook(moves.layers)
    with moves:
        token_losses(model, batch, CPU)
    begun = moves.seen.index("layers")
    assert {tensor.data_ptr() for tensor in tensors(batch)} <= set(moves.seen[:begun])
    assert moves.seen[begun + 1 :] == []


def tensors(batch: PackedBatch) -> list[Tensor]:
    return [batch.input_ids, batch.position_ids, batch.predicts, batch.labels, *batch.masks.values()]


def test_a_moved_batch_is_the_same_and_keeps_one_mask_one() -> None:
    rows = some_rows(6, [3, 5], [4, 6])
    batch = pack_rows(rows, shared_prefix(rows), 512, MANY_PACKS)
    assert batch.masks["full_attention"] is batch.masks["sliding_attention"]
    moved = batch.to(torch.device("meta"))
    assert {tensor.device.type for tensor in tensors(moved)} == {"meta"}
    assert moved.masks["full_attention"] is moved.masks["sliding_attention"]
    assert [tensor.shape for tensor in tensors(moved)] == [tensor.shape for tensor in tensors(batch)]
    assert (moved.answers, moved.prefix, moved.tokens) == (batch.answers, batch.prefix, batch.tokens)


class NumbersRead(TorchDispatchMode):
    """Notes which of our files read a tensor's number, for which a GPU finishes what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.ours: set[str] = set()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            self.count += 1
            ours = [frame for frame in traceback.extract_stack() if "job_templates" in frame.filename]
            if ours:
                self.ours.add(Path(ours[-1].filename).name)
        return func(*args, **(kwargs or {}))


def test_a_step_reads_no_number_until_it_is_logged(tmp_path: Path) -> None:
    trainer = tiny_trainer(60, tmp_path)
    with NumbersRead() as read:
        trainer.train()
    assert read.ours <= LAID_OUT_ON_A_CPU
    assert read.count >= 2 * len(steps(trainer))  # the Trainer's own: the loss and the gradient's norm, logged


@contextmanager
def attention_calls() -> Iterator[list[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]]]:
    """The shapes of the queries and keys that torch's attention is given, and its other arguments."""
    seen = []

    class Calls(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func is torch.nn.functional.scaled_dot_product_attention:
                seen.append((tuple(args[0].shape), tuple(args[1].shape), dict(kwargs)))
            return func(*args, **(kwargs or {}))

    with Calls():
        yield seen


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_masked_attention_gives_a_fused_kernel_what_it_takes(groups: int) -> None:
    """On CUDA none takes a mask where heads share keys: torch then computes all scores in float32, one by one."""
    query = torch.randn(2, 4, 7, 8)
    key, value = torch.randn(2, 2, groups, 7, 8)
    mask = torch.ones(7, 7, dtype=torch.bool).tril()[None, None]
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=0.3, enable_gqa=True
    )
    with attention_calls() as seen:
        found = Masked(mask)(query, key, value, 0.3)
    torch.testing.assert_close(found, expected)
    ((asked, kept, more),) = seen
    assert asked == kept
    assert not more.get("enable_gqa")
