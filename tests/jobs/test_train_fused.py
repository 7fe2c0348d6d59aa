"""The operations with backward passes of their own give what the modules and automatic differentiation give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers.models.gemma3.modeling_gemma3 import Gemma3RMSNorm, apply_rotary_pos_emb

from job_templates.ml.shared_prefix import fused
from job_templates.ml.shared_prefix.fused import linears, rms_norm, rotate

PACKS, LENGTH, SIZE = 2, 5, 6


class TwoLayers(nn.Module):
    """Layers that read the same states."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(SIZE, 7, bias=False)
        self.up = nn.Linear(SIZE, 4, bias=False)


def adapted(dropout: float = 0.0, **more: Any) -> Any:
    """Two layers with adapters that change something, in float64."""
    torch.manual_seed(1)
    lora = LoraConfig(
        r=3, lora_alpha=5, lora_dropout=dropout, target_modules=["gate", "up"], init_lora_weights=False, **more
    )
    return get_peft_model(TwoLayers(), lora).double()  # type: ignore[arg-type] # PEFT takes any module


def layers_of(model: Any) -> list[nn.Module]:
    inner = model.base_model.model
    return [inner.gate, inner.up]


def calls_of(layers: Sequence[nn.Module]) -> list[nn.Module]:
    """Which of the layers are asked from now on, in their order."""
    asked: list[nn.Module] = []
    for layer in layers:
        layer.register_forward_pre_hook(lambda called, _: asked.append(called))
    return asked


def states(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2)).requires_grad_()


def gradients(found: Sequence[Tensor], towards: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Of a sum in which every entry has a weight of its own."""
    total = sum((part * torch.arange(1, part.numel() + 1).view_as(part)).sum() for part in found)
    assert isinstance(total, Tensor)
    return torch.autograd.grad(total, list(towards), materialize_grads=True)


def hold_equal(ours: Sequence[Tensor], wanted: Sequence[Tensor], towards: Sequence[Tensor]) -> None:
    torch.testing.assert_close(ours, wanted)
    torch.testing.assert_close(gradients(ours, towards), gradients(wanted, towards))


@pytest.mark.parametrize("number", [1, 2])
def test_adapted_layers_together_are_the_layers_one_by_one(number: int) -> None:
    model = adapted()
    inputs = states(PACKS, LENGTH, SIZE)
    layers = layers_of(model)[:number]
    learned = [part for layer in layers for part in layer.parameters() if part.requires_grad]
    assert len(learned) == 2 * number
    wanted = [layer(inputs) for layer in layers]
    asked = calls_of(layers)
    hold_equal(linears(layers, inputs), tuple(wanted), [inputs, *learned])
    assert asked == []


def test_adapters_learn_from_inputs_that_do_not() -> None:
    model = adapted()
    inputs = states(PACKS, LENGTH, SIZE).detach()
    layers = layers_of(model)
    learned = [part for part in model.parameters() if part.requires_grad]
    hold_equal(linears(layers, inputs), tuple(layer(inputs) for layer in layers), learned)


def with_two_adapters() -> Any:
    model = adapted()
    model.add_adapter("other", LoraConfig(r=2, target_modules=["gate"], init_lora_weights=False))
    model.base_model.set_adapter(["default", "other"])
    return model.double()


def switched_off() -> Any:
    model = adapted()
    model.base_model.disable_adapter_layers()
    return model


def merged() -> Any:
    model = adapted()
    model.merge_adapter()
    return model


def learning_as_a_whole() -> Any:
    model = adapted()
    model.requires_grad_(True)
    return model


def without_adapters() -> Any:
    model = adapted()
    model.unload()
    return model


OTHERS = {
    "dropout": lambda: adapted(dropout=0.5).train(),
    "two adapters": with_two_adapters,
    "switched off": switched_off,
    "merged": merged,
    "DoRA": lambda: adapted(use_dora=True),
    "a bias": lambda: adapted(lora_bias=True),
    "base weights that learn": learning_as_a_whole,
    "no adapter": without_adapters,
}


@pytest.mark.parametrize("name", OTHERS, ids=OTHERS.keys())
def test_what_is_not_a_plain_adapter_is_left_to_the_layer(name: str) -> None:
    model = OTHERS[name]()
    inputs = states(PACKS, LENGTH, SIZE)
    layers = layers_of(model)
    torch.manual_seed(3)
    wanted = tuple(layer(inputs) for layer in layers)
    torch.manual_seed(3)
    found = linears(layers, inputs)
    learned = [part for layer in layers for part in layer.parameters() if part.requires_grad]
    hold_equal(found, wanted, [inputs, *learned])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_under_autocast_products_are_rounded_as_the_layers_round_them(dtype: torch.dtype) -> None:
    model = adapted().float()
    layers = layers_of(model)
    inputs = states(PACKS, LENGTH, SIZE).detach().float().requires_grad_()
    learned = [part for part in model.parameters() if part.requires_grad]
    with torch.autocast("cpu", dtype):
        wanted = tuple(layer(inputs) for layer in layers)
        found = linears(layers, inputs)
    assert {part.dtype for part in found} == {part.dtype for part in wanted} == {dtype}
    towards = gradients(found, [inputs, *learned])
    assert {part.dtype for part in towards} == {torch.float32}
    for one, other in zip((*found, *towards), (*wanted, *gradients(wanted, [inputs, *learned])), strict=True):
        assert (one - other).norm() <= 0.02 * other.norm()


def test_bfloat16_is_not_left_to_the_layers_and_float16_is() -> None:
    layers, inputs = layers_of(adapted().float()), states(PACKS, LENGTH, SIZE).float()
    asked = calls_of(layers)
    with torch.autocast("cpu", torch.bfloat16):
        linears(layers, inputs)
    assert asked == []
    with torch.autocast("cpu", torch.float16):
        linears(layers, inputs)
    assert asked == layers


def test_a_rounded_weight_follows_its_layers() -> None:
    (layer, _), inputs = layers_of(adapted().float()), states(1, LENGTH, SIZE).float()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        (before,) = linears([layer], inputs)
        layer.base_layer.weight.add_(1)  # type: ignore[union-attr, operator] # PEFT's layer holds the plain one
        (after,) = linears([layer], inputs)
        torch.testing.assert_close(after, layer(inputs), rtol=2e-2, atol=2e-2)
    assert not torch.allclose(before, after, rtol=2e-2, atol=2e-2)


def a_norm() -> Any:
    norm = Gemma3RMSNorm(SIZE, eps=1e-3)
    nn.init.normal_(norm.weight)
    return norm


@pytest.mark.parametrize("learns", [False, True])
def test_a_norm_is_the_modules(learns: bool) -> None:
    norm = a_norm().requires_grad_(learns)
    inputs = states(PACKS, LENGTH, SIZE).detach().float().requires_grad_()
    hold_equal([rms_norm(norm, inputs)], [norm(inputs)], [inputs, norm.weight] if learns else [inputs])


def test_a_norm_of_rounded_states_comes_out_in_the_type_of_its_weights() -> None:
    norm, inputs = a_norm(), states(PACKS, LENGTH, SIZE).detach().bfloat16().requires_grad_()
    found = rms_norm(norm, inputs)
    torch.testing.assert_close(found, norm(inputs.float()))
    (towards,) = torch.autograd.grad(found.sum(), inputs)
    assert towards.dtype == torch.bfloat16


def test_a_norm_in_half_precision_is_computed_as_the_module_does() -> None:
    norm, inputs = a_norm().bfloat16(), states(PACKS, LENGTH, SIZE).bfloat16()
    assert torch.equal(rms_norm(norm, inputs), norm(inputs))


def test_a_norm_of_nothing_is_nothing() -> None:
    assert not rms_norm(a_norm(), torch.zeros(1, 1, SIZE)).any()


def angles(length: int) -> tuple[Tensor, Tensor]:
    half = torch.randn((1, length, SIZE // 2), dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    whole = torch.cat([half, half], dim=-1)
    return whole.cos(), whole.sin()


def test_a_rotation_is_that_of_transformers() -> None:
    inputs = states(PACKS, 3, LENGTH, SIZE)
    cos, sin = angles(LENGTH)
    wanted, _ = apply_rotary_pos_emb(inputs, inputs, cos, sin)
    hold_equal([rotate(inputs, cos, sin)], [wanted], [inputs])


def test_a_rotation_of_half_precision_comes_out_as_that_of_transformers() -> None:
    inputs = states(PACKS, 3, LENGTH, SIZE).detach().bfloat16().requires_grad_()
    cos, sin = (part.float() for part in angles(LENGTH))
    wanted, _ = apply_rotary_pos_emb(inputs, inputs, cos, sin)
    found = rotate(inputs, cos, sin)
    assert found.dtype == wanted.dtype
    torch.testing.assert_close(found, wanted, rtol=1e-2, atol=1e-2)
    (towards,) = torch.autograd.grad(found.sum(), inputs)
    assert towards.dtype == inputs.dtype


@pytest.mark.parametrize("operation", ["_Adapted", "_RMSNorm", "_Rotated"])
def test_backward_passes_agree_with_differences(operation: str) -> None:
    inputs, (cos, sin) = states(1, 2, SIZE), angles(2)
    weights = [states(3, SIZE).detach(), states(2, SIZE), states(3, 2)]
    arguments = {
        "_Adapted": (inputs, [0.7], *weights),
        "_RMSNorm": (inputs, states(SIZE), 1e-3),
        "_Rotated": (inputs, cos, sin),
    }
    assert torch.autograd.gradcheck(getattr(fused, operation).apply, arguments[operation])
