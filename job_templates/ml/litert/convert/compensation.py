"""The rounding of one layer's weights to their grid, so that its outputs change as little as possible.

GPTQ (Frantar et al. 2022, arXiv:2210.17323): one input channel after the other is rounded, and the channels not yet
rounded take over its error. The channels with the largest inputs come first, while they can still be compensated
("act-order" in the authors' code), with the scales of the unrounded weights.
"""

from __future__ import annotations

import torch
from torch import Tensor

from job_templates.ml.litert.convert.grid import STEPS, best_scales

DAMPING = 0.01
"""The paper's share of the mean of the diagonal that is added to the diagonal, so that the inverse exists."""
TOGETHER = 32
"""Input channels whose errors the later ones take over in one product (the paper's lazy batches)."""


def compensated(weight: Tensor, moments: Tensor, block: int) -> Tensor:
    """Returns the weights (rows, columns) rounded to a grid with one scale for each `block` columns.

    `moments` (columns, columns) is the sum of x xᵀ over the layer's inputs x. The largest weight of each block stays at
    the end of the grid, so that the quantizer finds the same scales in the rounded weights again.
    """
    damped = _damped(moments)
    order = damped.diagonal().argsort(descending=True)
    scales = best_scales(weight, block, damped.diagonal().float()).repeat_interleave(block, 1)
    fixed = _ends(weight, block)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped[order][:, order]))
    factor = torch.linalg.cholesky(inverse, upper=True).float()
    by_channel, scales, fixed = (part[:, order].T.contiguous() for part in (weight, scales, fixed))
    rounded = _round_channels(by_channel, scales, fixed, factor)
    return rounded.T[:, order.argsort()].contiguous()


def _damped(moments: Tensor) -> Tensor:
    """The moments in float64, with a larger diagonal. Without it, a channel that is always zero has no inverse."""
    damped = moments.double().clone()
    diagonal = damped.diagonal()
    diagonal += DAMPING * diagonal.mean() + torch.finfo(torch.float32).tiny
    return damped


def _ends(weight: Tensor, block: int) -> Tensor:
    """The signed multiple of the scale at the largest weight of each block, and 0 at all other weights."""
    parts = weight.reshape(len(weight), -1, block)
    place = parts.abs().argmax(-1, keepdim=True)
    sign = torch.where(parts.gather(-1, place) < 0, -STEPS, STEPS).to(weight.dtype)
    return torch.zeros_like(parts).scatter_(-1, place, sign).flatten(1)


def _round_channels(weight: Tensor, scales: Tensor, fixed: Tensor, factor: Tensor) -> Tensor:
    """The rounded weights; all are (columns, rows). `factor` is the upper Cholesky factor of the inverse moments."""
    rounded = torch.empty_like(weight)
    for first in range(0, len(weight), TOGETHER):
        part = slice(first, min(first + TOGETHER, len(weight)))
        errors, own = torch.empty_like(weight[part]), factor[part, part]
        for place in range(part.stop - first):
            column, scale, end = weight[first + place], scales[first + place], fixed[first + place]
            steps = torch.where(end != 0, end, (column / scale).round().clamp(-STEPS, STEPS))
            rounded[first + place] = steps * scale
            errors[place] = (column - rounded[first + place]) / own[place, place]
            weight[first + place + 1 : part.stop].addr_(own[place, place + 1 :], errors[place], alpha=-1)
        weight[part.stop :].addmm_(factor[part, part.stop :].T, errors, alpha=-1)
    return rounded
