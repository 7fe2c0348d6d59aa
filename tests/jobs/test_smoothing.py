"""Smoothing leaves a model as it is in floating point, and its channels more alike."""

from __future__ import annotations

import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from job_templates.ml.litert.convert.smoothing import smooth

READ = [[2, 5, 9, 17, 30, 4], [2, 8, 8, 21]]
LOUD = 40.0


def model_with_loud_channels() -> Gemma3ForCausalLM:
    """A small model with several query heads for each value head, and one channel far larger than the rest."""
    torch.manual_seed(1)
    config = Gemma3TextConfig(
        vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8,
    )  # fmt: skip
    model = Gemma3ForCausalLM(config).eval()
    with torch.no_grad():
        for layer in model.model.layers:
            for norm in (layer.input_layernorm, layer.pre_feedforward_layernorm):
                norm.weight.uniform_(-0.5, 0.5)
                norm.weight[3] = LOUD
            layer.mlp.up_proj.weight[7] *= LOUD
            layer.self_attn.v_proj.weight[5] *= LOUD
    return model


def logits(model: Gemma3ForCausalLM) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor(READ[:1])).logits


def spread(model: Gemma3ForCausalLM) -> list[float]:
    """For each activation that a phone rounds, how many times its largest channel exceeds its middle one."""
    found: list[float] = []

    def look(_module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        channels = inputs[0].abs().flatten(0, -2).amax(0)
        found.append(float(channels.max() / channels.median()))

    attention, mlp = model.model.layers[0].self_attn, model.model.layers[0].mlp
    handles = [part.register_forward_pre_hook(look) for part in (attention.q_proj, attention.o_proj, mlp.gate_proj,
                                                                 mlp.down_proj)]  # fmt: skip
    logits(model)
    for handle in handles:
        handle.remove()
    return found


def test_a_smoothed_model_says_the_same_with_more_even_channels() -> None:
    model = model_with_loud_channels()
    before, loud = logits(model), spread(model)
    smooth(model, READ)
    torch.testing.assert_close(logits(model), before, rtol=1e-4, atol=1e-5)
    assert all(after < 0.6 * then for after, then in zip(spread(model), loud, strict=True))


def test_nothing_that_watched_the_model_stays_in_it() -> None:
    model = model_with_loud_channels()
    smooth(model, READ)
    assert not any(module._forward_pre_hooks for module in model.modules())
