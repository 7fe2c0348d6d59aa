"""The smoothing of activations before the quantization, so that rounding them to 8 bits on the phone loses less.

With a dynamic recipe, a phone rounds the inputs of each layer to 8 bits with one scale per token, and a few large
channels leave few steps for the others. A large channel is divided by a factor in the layer before and multiplied by it
in the layer after, so that in floating point the model stays the same (SmoothQuant, arXiv:2211.10438, equation 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

MIGRATION = 0.5
"""The paper's alpha: 0 leaves the activations as they are, 1 moves their whole range to the weights."""

LEAST = 1e-5
"""The lower limit of peaks, weights and factors, for channels that are always zero."""


def smooth(model: Any, sequences: Sequence[Sequence[int]], migration: float = MIGRATION) -> None:
    """Rescale a Gemma 3 text model in place, by the activations that it has on `sequences` of token ids."""
    with _recorded_peaks(model) as peaks:
        for ids in sequences:
            model(torch.tensor([list(ids)]), use_cache=False, logits_to_keep=1)
    with torch.no_grad():
        for layer, seen in zip(model.model.layers, peaks, strict=True):
            _smooth_layer(layer, seen, migration)


@contextmanager
def _recorded_peaks(model: Any) -> Iterator[list[dict[str, torch.Tensor]]]:
    """Inside this context, records the largest absolute value of each input channel, by layer and by linear layer."""
    peaks: list[dict[str, torch.Tensor]] = [{} for _ in model.model.layers]
    handles = []
    for layer, seen in zip(model.model.layers, peaks, strict=True):
        for name, module in _readers(layer).items():
            handles.append(module.register_forward_pre_hook(_recorder(seen, name)))
    try:
        with torch.no_grad():
            yield peaks
    finally:
        for handle in handles:
            handle.remove()


def _readers(layer: Any) -> dict[str, Any]:
    """One linear layer for each of the four activations; others with the same input have the same peaks."""
    attention, mlp = layer.self_attn, layer.mlp
    return {"attention": attention.q_proj, "heads": attention.o_proj, "mlp": mlp.gate_proj, "inner": mlp.down_proj}


def _recorder(seen: dict[str, torch.Tensor], name: str) -> Any:
    def record(_module: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        peak = inputs[0].detach().abs().flatten(0, -2).amax(0)
        seen[name] = torch.maximum(seen[name], peak) if name in seen else peak

    return record


def _smooth_layer(layer: Any, seen: dict[str, torch.Tensor], migration: float) -> None:
    attention, mlp = layer.self_attn, layer.mlp
    queries, values = (attention.q_proj, attention.k_proj, attention.v_proj), attention.v_proj
    _after_norm(layer.input_layernorm, queries, seen["attention"], migration)
    _after_norm(layer.pre_feedforward_layernorm, (mlp.gate_proj, mlp.up_proj), seen["mlp"], migration)
    _between(mlp.up_proj, mlp.down_proj, _factors(seen["inner"], (mlp.down_proj,), migration))
    # query heads that share a value head use the same channels, so they need the same factor
    shared = seen["heads"].view(-1, attention.num_key_value_groups, attention.head_dim)
    factors = _factors(shared.amax(1).repeat_interleave(attention.num_key_value_groups, 0).flatten(),
                       (attention.o_proj,), migration)  # fmt: skip
    factors = factors.view(-1, attention.num_key_value_groups, attention.head_dim).amax(1)
    _divide_rows(values, factors.flatten())
    attention.o_proj.weight.mul_(factors.repeat_interleave(attention.num_key_value_groups, 0).flatten())


def _factors(peaks: torch.Tensor, readers: Sequence[Any], migration: float) -> torch.Tensor:
    """The divisor of each channel. Their geometric mean is 1, so that the overall scale does not change."""
    weights = torch.stack([reader.weight.abs().amax(0) for reader in readers]).amax(0).clamp(min=LEAST)
    factors = (peaks.clamp(min=LEAST) ** migration / weights ** (1 - migration)).clamp(min=LEAST)
    return factors / factors.log().mean().exp()


def _after_norm(norm: Any, readers: Sequence[Any], peaks: torch.Tensor, migration: float) -> None:
    factors = _factors(peaks, readers, migration)
    norm.weight.copy_((1.0 + norm.weight) / factors - 1.0)  # Gemma's norm multiplies by 1 + weight
    for reader in readers:
        reader.weight.mul_(factors)


def _between(before: Any, after: Any, factors: torch.Tensor) -> None:
    _divide_rows(before, factors)
    after.weight.mul_(factors)


def _divide_rows(layer: Any, factors: torch.Tensor) -> None:
    layer.weight.div_(factors[:, None])
