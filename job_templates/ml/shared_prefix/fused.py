"""Operations of Gemma 3's layers with their backward passes written out, so that large tensors are passed over seldom.

A CPU multiplies a layer's matrices about as fast as it can read what stands between them: each pass over a tensor that
automatic differentiation would make of its own costs a tenth of such a product. Fused LoRA and norms are known from
Unsloth's kernels for GPUs (github.com/unslothai/unsloth); these are torch's own operations, so they run anywhere.
What they do not cover is left to the module itself.
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
    """What each of these linear layers makes of the same inputs; those with a plain LoRA adapter go together.

    Under bfloat16 autocast all products are made in it, as the layers themselves would.
    """
    dtype = products_type(inputs)
    adapters = [_adapter(layer, dtype) for layer in layers]
    if any(adapter is None for adapter in adapters):
        return tuple(layer(inputs) for layer in layers)
    known = [adapter for adapter in adapters if adapter is not None]
    weights = [weight.to(dtype) for adapter in known for weight in (adapter.base, adapter.down, adapter.up)]
    scales = [adapter.scale for adapter in known]
    found: tuple[Tensor, ...] = _Adapted.apply(inputs.to(dtype), scales, *weights)  # type: ignore[no-untyped-call] # torch's own method has no types
    return found


def products_type(inputs: Tensor) -> torch.dtype:
    """The type that matrix products over these inputs are made in: autocast's, or their own."""
    kind = inputs.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else inputs.dtype


@dataclass(frozen=True, slots=True)
class _Adapter:
    """A frozen layer's weight (out, in) and its adapter's: down (rank, in), up (out, rank)."""

    base: Tensor
    down: Tensor
    up: Tensor
    scale: float


def _adapter(layer: nn.Module, dtype: torch.dtype) -> _Adapter | None:
    """The only adapter of a frozen layer, where nothing but two products is added; else None."""
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
    """The weights of frozen layers in another type, kept as long as they stay as they are."""

    def __init__(self) -> None:
        self._copies: WeakKeyDictionary[nn.Module, tuple[int, Tensor]] = WeakKeyDictionary()

    def of(self, layer: nn.Linear, dtype: torch.dtype) -> Tensor:
        """The layer's weight (out, in) in this type."""
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
    """What a Gemma3RMSNorm makes of the inputs (Zhang and Sennrich 2019, arXiv:1910.07467), in the wider type of both.

    What stands between is float32 at least, as in the module.
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
    """Rotary position embedding (Su et al. 2021, arXiv:2104.09864): (packs, heads, length, size).

    `cos` and `sin` are (packs, length, size); their halves are equal, as transformers makes them.
    """
    found: Tensor = _Rotated.apply(states, cos[:, None], sin[:, None])  # type: ignore[no-untyped-call] # torch's own method has no types
    return found


class _Rotated(torch.autograd.Function):
    """Each pair of the two halves turned by its angle; backward by the same angle the other way."""

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
