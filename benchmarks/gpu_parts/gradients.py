"""Whether prefix-shared rows have the gradient of plain ones on the device, and which kernel attends to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.gpu_parts.subjects import Subject
from job_templates.ml.models.device import Precision
from job_templates.ml.rows.encoding import TokenRow
from job_templates.ml.shared_prefix.answer_loss import token_losses
from job_templates.ml.shared_prefix.attention import Masked
from job_templates.ml.shared_prefix.collator import FixedRows, PackCollator, padded
from job_templates.ml.shared_prefix.packs import PackedBatch

SCALE = 2.0**10
"""What float16 multiplies the loss by, halved until no gradient overflows."""
FUSED = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.CUDNN_ATTENTION]


@dataclass(frozen=True, slots=True)
class Errors:
    """Relative errors against plain rows in float32 on the same device: of our loss and gradient, and of plain ones."""

    loss: float
    gradient: float
    plain_gradient: float


def gradient_errors(subject: Subject, plain_rows: Sequence[TokenRow], precision: Precision) -> Errors:
    """How far the gradient of the subject's rows, packed, is in this precision from that of `plain_rows` in float32."""
    device = torch.device(precision.device)
    model = subject.model().to(device)
    batch = packed(subject)
    exact_loss, exact = _plain(model, plain_rows, device, nullcontext(), 1.0)
    ours_loss, ours = _scaled(lambda scale: _shared(model, batch, device, autocast(precision), scale), precision)
    _, plain = _scaled(lambda scale: _plain(model, plain_rows, device, autocast(precision), scale), precision)
    return Errors(
        abs(ours_loss - exact_loss) / abs(exact_loss),
        float((ours - exact).norm() / exact.norm()),
        float((plain - exact).norm() / exact.norm()),
    )


def autocast(precision: Precision) -> AbstractContextManager[Any]:
    """The context in which a trainer computes the loss."""
    if precision.bf16 or precision.fp16:
        return torch.autocast(precision.device, torch.bfloat16 if precision.bf16 else torch.float16)
    return nullcontext()


def packed(subject: Subject) -> PackedBatch:
    """The rows of a step as our trainer packs them."""
    return PackCollator(FixedRows(subject.rows), [], subject.shape).pack(subject.rows)


def _scaled(compute: Callable[[float], tuple[float, Tensor]], precision: Precision) -> tuple[float, Tensor]:
    """The loss and its gradient, the loss scaled as far as float16 bears it; FloatingPointError if not at all."""
    scale = SCALE if precision.fp16 else 1.0
    while scale >= 1:
        loss, gradient = compute(scale)
        if bool(gradient.isfinite().all()):
            return loss, gradient
        scale /= 2
    raise FloatingPointError("the gradient is not finite, however little the loss is scaled")


def _shared(
    model: Any, batch: PackedBatch, device: torch.device, context: AbstractContextManager[Any], scale: float
) -> tuple[float, Tensor]:
    model.zero_grad()
    with context:
        loss = token_losses(model, batch, device).sum() / batch.labels.numel()
    torch.autograd.backward(loss * scale)
    return float(loss.detach()), _gradient(model, scale)


def _plain(
    model: Any, rows: Sequence[TokenRow], device: torch.device, context: AbstractContextManager[Any], scale: float
) -> tuple[float, Tensor]:
    """Row by row, as transformers computes them: all at once would be gigabytes of logits."""
    model.zero_grad()
    answers = sum(len(row.completion) for row in rows)
    total = 0.0
    for row in rows:
        inputs = {name: tensor.to(device) for name, tensor in padded([row]).items()}
        with context:
            loss = model(**inputs, use_cache=False).loss * (len(row.completion) / answers)
        torch.autograd.backward(loss * scale)
        total += float(loss.detach())
    return total, _gradient(model, scale)


def _gradient(model: Any, scale: float) -> Tensor:
    """Every gradient in one, in float64."""
    return torch.cat(
        [part.grad.detach().double().flatten() / scale for part in model.parameters() if part.grad is not None]
    )


def fused_attention(subject: Subject, precision: Precision) -> str:
    """Whether a fused kernel takes our masks, forward and backward, or all scores are computed."""
    shape, batch = subject.shape, packed(subject).to(torch.device(precision.device))
    packs, length = batch.input_ids.shape
    query, key, value = (
        torch.randn(packs, heads, length, shape.head_dim, device=precision.device, requires_grad=True)
        for heads in (shape.num_attention_heads, shape.num_key_value_heads, shape.num_key_value_heads)
    )
    try:
        with sdpa_kernel(FUSED), autocast(precision):
            total = Masked(batch.masks["sliding_attention"])(query, key, value, 1.0).float().sum()
            total.backward()  # type: ignore[no-untyped-call]  # torch gives Tensor.backward no types
    except RuntimeError as error:
        if "No available kernel" not in str(error):
            raise
        return "all scores are computed: no fused kernel takes them"
    return "a fused kernel"
