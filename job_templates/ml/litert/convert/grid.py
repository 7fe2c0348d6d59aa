"""The grid of weights in 4 bits with one scale for each block of a row, as ai-edge-quantizer 0.10.0 finds it.

The scale of a block is its largest absolute value divided by 7, in float16 with 7 bits of mantissa
(`tensor_zp_scale_from_min_max` of the library). The embedding table and the linear layers have their blocks along the
input channels. A weight is a whole multiple of its scale, from -7 to 7.
"""

from __future__ import annotations

import torch
from torch import Tensor

STEPS = 7
"""The multiple of the scale that the largest absolute value of a block has."""
LEAST_BOUND, LEAST_SCALE = 1e-9, 2.0**-24
"""The library's lower limit of a block's largest value, and the smallest float16 above 0."""
SHARES = tuple(1 - 0.05 * step for step in range(6))
"""The shares of a block's largest value that are tried as the end of its grid, from 1 to 0.75."""


def block_scales(weight: Tensor, block: int, share: float = 1.0) -> Tensor:
    """Returns the scale of each block, (rows, blocks), of weights (rows, columns).

    The grid of a block ends at `share` of its largest absolute value; with 1 the scales are the library's.
    """
    largest: Tensor = weight.reshape(len(weight), -1, block).abs().amax(-1).clamp(min=LEAST_BOUND)
    return (largest / STEPS * share).bfloat16().half().float().clamp(min=LEAST_SCALE)


def best_scales(weight: Tensor, block: int, importance: Tensor) -> Tensor:
    """Returns, of the scales for all SHARES, the one with the smallest error in each block, (rows, blocks).

    The error is the sum of the squared changes of a block's weights, each multiplied by the `importance` (columns) of
    its input channel.
    """
    parts, factors = weight.reshape(len(weight), -1, block), importance.view(1, -1, block)
    best = block_scales(weight, block)
    least = torch.full_like(best, torch.inf)
    for share in SHARES:
        scales = block_scales(weight, block, share)
        error = ((parts - nearest(parts, scales[..., None])).square() * factors).sum(-1)
        best = torch.where(error < least, scales, best)
        least = torch.minimum(error, least)
    return best


def nearest(weight: Tensor, scales: Tensor) -> Tensor:
    """Returns the values on the grid that are nearest to the weights; `scales` are broadcast to them."""
    return (weight / scales).round().clamp(-STEPS, STEPS) * scales
