"""Operations of Gemma 3's layers with their own backward passes, which read and write large tensors fewer times.

On a CPU, each additional pass over a tensor costs a tenth of a layer's matrix product, and automatic differentiation
makes many of them. Fused LoRA and norms are known from Unsloth's kernels for GPUs (github.com/unslothai/unsloth). These
use torch's own operations, so they run on any device. The module itself computes any case that they do not cover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn


def linears(layers: Sequence[nn.Module], inputs: Tensor) -> tuple[Tensor, ...]:
    """Returns the outputs of these linear layers for the same inputs. One operation computes plain LoRA adapters.

    Under bfloat16 autocast all products are bfloat16, as in the layers themselves.
    """
    dtype = products_type(inputs)
    adapters = [_adapter(layer, dtype) for layer in layers]
    if any(adapter is None for adapter in adapters):
        return tuple(layer(inputs) for layer in layers)
    plain = [adapter for adapter in adapters if adapter is not None]
    weights = [weight.to(dtype) for adapter in plain for weight in (adapter.base, adapter.down, adapter.up)]
    scales = [adapter.scale for adapter in plain]
    found: tuple[Tensor, ...] = _Adapted.apply(inputs.to(dtype), scales, *weights)  # type: ignore[no-untyped-call] # torch's own method has no types
    return found


def products_type(inputs: Tensor) -> torch.dtype:
    """Returns the type of matrix products over these inputs: autocast's, or their own."""
    kind = inputs.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else inputs.dtype


@dataclass(frozen=True, slots=True)
class _Adapter:
    """The weight (out, in) of a frozen layer, and those of its adapter: down (rank, in), up (out, rank)."""

    base: Tensor
    down: Tensor
    up: Tensor
    scale: float


def _adapter(layer: nn.Module, dtype: torch.dtype) -> _Adapter | None:
    """The adapter of a frozen layer, if it is the only one and adds only two products; else None."""
    if not isinstance(layer, LoraLinear) or layer.disable_adapters or layer.merged or dtype == torch.float16:
        return None
    active = [name for name in layer.active_adapters if name in layer.lora_A]
    if len(active) != 1 or active[0] in layer.lora_variant:
        return None
    (name,) = active
    base, down, up, dropout = layer.base_layer, layer.lora_A[name], layer.lora_B[name], layer.lora_dropout[name]
    plain = all(type(part) is nn.Linear and part.bias is None for part in (base, down, up))
    if not plain or base.weight.requires_grad or (layer.training and not isinstance(dropout, nn.Identity)):
        return None
    return _Adapter(_FROZEN.of(base, dtype), down.weight, up.weight, layer.scaling[name])


class _Frozen:
    """A cache of the weights of frozen layers in another type. A changed weight is converted again."""

    def __init__(self) -> None:
        self._copies: WeakKeyDictionary[nn.Module, tuple[int, Tensor]] = WeakKeyDictionary()

    def of(self, layer: nn.Linear, dtype: torch.dtype) -> Tensor:
        """Returns the layer's weight (out, in) in this type."""
        weight = layer.weight.detach()
        if weight.dtype == dtype:
            return weight
        version, copy = self._copies.get(layer, (-1, weight))
        if version != weight._version or copy.dtype != dtype or copy.device != weight.device:
            copy = weight.to(dtype)
            self._copies[layer] = weight._version, copy
        return copy


_FROZEN = _Frozen()


class _Adapted(torch.autograd.Function):
    """base · x + scale · up · down · x of several layers over the same x (Hu et al. 2021, arXiv:2106.09685)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, scales: Sequence[float], *weights: Tensor) -> tuple[Tensor, ...]:
        rows = inputs.flatten(0, -2)
        between, found = [], []
        for scale, (base, down, up) in zip(scales, _threes(weights), strict=True):
            low = rows @ down.T
            between.append(low)
            found.append((rows @ base.T).addmm_(low, up.T, alpha=scale).view(*inputs.shape[:-1], -1))
        ctx.scales = scales
        ctx.save_for_backward(inputs, *weights, *between)
        return tuple(found)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        inputs, *saved = ctx.saved_tensors
        number = len(upstream)
        rows = inputs.flatten(0, -2)
        towards_rows: Tensor | None = None
        towards_weights: list[Tensor | None] = []
        for gradient, scale, (base, down, up), low in zip(
            upstream, ctx.scales, _threes(saved[:-number]), saved[-number:], strict=True
        ):
            out = gradient.flatten(0, -2)
            back = (out @ up).mul_(scale)
            towards_weights += [None, back.T @ rows, (out.T @ low).mul_(scale)]
            if ctx.needs_input_grad[0]:
                towards_rows = out @ base if towards_rows is None else towards_rows.addmm_(out, base)
                towards_rows.addmm_(back, down)
        return (None if towards_rows is None else towards_rows.view_as(inputs), None, *towards_weights)


def _threes(weights: Sequence[Tensor]) -> list[tuple[Tensor, Tensor, Tensor]]:
    return list(zip(weights[::3], weights[1::3], weights[2::3], strict=True))


def rms_norm(norm: Any, inputs: Tensor) -> Tensor:
    """Returns the output of a Gemma3RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467).

    It has the wider type of inputs and weight. Intermediate results are at least float32, as in the module.
    """
    wider = torch.promote_types(inputs.dtype, norm.weight.dtype)
    between = torch.promote_types(wider, torch.float32)
    found: Tensor = _RMSNorm.apply(inputs.to(between), norm.weight.to(between), norm.eps)  # type: ignore[no-untyped-call] # torch's own method has no types
    return found.to(wider)


class _RMSNorm(torch.autograd.Function):
    """x / sqrt(mean(x²) + eps) · (1 + weight)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, eps: float) -> Tensor:
        inverse = torch.linalg.vector_norm(inputs, dim=-1, keepdim=True)
        inverse.square_().div_(inputs.shape[-1]).add_(eps).rsqrt_()
        ctx.save_for_backward(inputs, weight, inverse)
        normed: Tensor = (inputs * inverse).mul_(1 + weight)
        return normed

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        inputs, weight, inverse = ctx.saved_tensors
        towards_inputs = towards_weight = None
        if ctx.needs_input_grad[1]:
            towards_weight = (upstream * inputs).mul_(inverse).flatten(0, -2).sum(0)
        if ctx.needs_input_grad[0]:
            scaled = upstream * (1 + weight)
            mean = (scaled * inputs).mean(-1, keepdim=True)
            towards_inputs = scaled.mul_(inverse).addcmul_(inputs, mean.mul_(inverse**3), value=-1)
        return towards_inputs, towards_weight, None


def rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Returns the states with rotary position embedding (Su et al. 2021, arXiv:2104.09864).

    `states` is (packs, heads, length, size). `cos` and `sin` are (packs, length, size), with equal halves.
    """
    found: Tensor = _Rotated.apply(states, cos[:, None], sin[:, None])  # type: ignore[no-untyped-call] # torch's own method has no types
    return found


class _Rotated(torch.autograd.Function):
    """Rotates each pair of elements of the two halves by its angle. The backward pass rotates by the negative angle."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _turned(states, cos, sin, 1)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _turned(upstream, cos, sin, -1), None, None


def _turned(states: Tensor, cos: Tensor, sin: Tensor, sense: int) -> Tensor:
    turned = states * cos
    half = states.shape[-1] // 2
    turned[..., :half].addcmul_(states[..., half:], sin[..., :half], value=-sense)
    turned[..., half:].addcmul_(states[..., :half], sin[..., half:], value=sense)
    return turned
