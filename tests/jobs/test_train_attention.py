"""Attention over packs: by blocks as at once, and with states of both types."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from job_templates.ml.rows.encoding import shared_prefix
from job_templates.ml.shared_prefix import attention
from job_templates.ml.shared_prefix.attention import Attention
from job_templates.ml.shared_prefix.packs import pack_rows
from tests.jobs.packed import CPU, MANY_PACKS, ONE_PACK, some_rows


@pytest.mark.parametrize("block", [1, 7, 64])
def test_attention_by_blocks_equals_one_masked_attention(block: int) -> None:
    rows = some_rows(30, [3, 40, 2, 9], [4, 6, 25, 5])
    for cost in (ONE_PACK, MANY_PACKS):
        batch = pack_rows(rows, shared_prefix(rows), 16, cost)
        packs, length = batch.input_ids.shape
        generator = torch.Generator().manual_seed(1)
        query = torch.randn((packs, 4, length, 8), generator=generator).requires_grad_()
        key, value = (torch.randn((packs, 2, length, 8), generator=generator).requires_grad_() for _ in range(2))
        for kind, blocked in attention.attentions(batch.masks, batch.prefix, CPU, block).items():
            whole = attention.Masked(batch.masks[kind])
            same_attention(blocked, whole, query, key, value)
            same_attention(
                *(one.after(batch.prefix) for one in (blocked, whole)), query[:, :, batch.prefix :], key, value
            )


def test_one_masked_attention_takes_states_of_both_types_under_autocast() -> None:
    batch = pack_rows(some_rows(6, [3, 5], [4, 6]), 6, 512, ONE_PACK)
    length = batch.input_ids.shape[1]
    query, key = torch.randn(1, 4, length, 8), torch.randn(1, 2, length, 8)
    value = torch.randn(1, 2, length, 8).bfloat16()
    attend = attention.Masked(batch.masks["full_attention"])
    with torch.autocast("cpu", torch.bfloat16):
        mixed = attend(query, key, value, 0.3)
    assert mixed.dtype == torch.bfloat16
    torch.testing.assert_close(mixed.float(), attend(query, key, value.float(), 0.3), rtol=0.05, atol=0.05)


def same_attention(one: Attention, other: Attention, query: Tensor, key: Tensor, value: Tensor) -> None:
    """Hold what comes out, and its gradient, of both against each other."""
    mixed, wanted = (attend(query, key, value, 0.3) for attend in (one, other))
    torch.testing.assert_close(mixed, wanted)
    upstream = torch.randn(mixed.shape, generator=torch.Generator().manual_seed(2))
    found, expected = (torch.autograd.grad(part, (query, key, value), upstream) for part in (mixed, wanted))
    torch.testing.assert_close(found, expected)
