"""Rounding by training rows: outputs change less than with the nearest values, and the quantizer keeps the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from ai_edge_quantizer import qtyping
from ai_edge_quantizer.algorithms.uniform_quantize import naive_min_max_quantize
from safetensors.torch import load_file
from torch import Tensor
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from backend.runs import Run
from job_templates.ml.litert.convert import convert, find_recipe, quantize, rounding
from job_templates.ml.litert.convert.compensation import compensated
from job_templates.ml.litert.convert.grid import STEPS, best_scales, block_scales, nearest
from job_templates.ml.litert.convert.rounding import round_weights
from job_templates.ml.litert.verify import load_trained
from job_templates.ml.models import find_source

BLOCK = 32
READ = [[2, 5, 9, 17, 30, 4, 11, 40], [2, 5, 9, 8, 21, 33, 7], [2, 5, 60, 61, 62, 3]]
OPERATIONS = (qtyping.TFLOperationName.FULLY_CONNECTED, qtyping.TFLOperationName.EMBEDDING_LOOKUP)


def requantized(weight: Tensor, operation: qtyping.TFLOperationName) -> Tensor:
    """The weights that the library's dynamic_wi4b32_afp32 stores, as floats."""
    config = qtyping.TensorQuantizationConfig(num_bits=4, granularity=qtyping.QuantGranularity.BLOCKWISE_32)
    op_config = qtyping.OpQuantizationConfig(
        weight_tensor_config=config, compute_precision=qtyping.ComputePrecision.INTEGER
    )
    info = qtyping.OpInfo(None, operation, 0, op_config)
    found = naive_min_max_quantize.get_tensor_quant_params(info, config, weight.numpy())
    scales = np.repeat(found.scale, BLOCK, axis=1)
    return torch.from_numpy(found.quantized_data.astype(np.float32) * scales)


def plainly(weight: Tensor) -> Tensor:
    return nearest(weight, block_scales(weight, BLOCK).repeat_interleave(BLOCK, 1))


def correlated(count: int, size: int) -> Tensor:
    """Inputs whose channels follow each other and have different sizes, as those of a model."""
    return torch.randn(count, size // 4) @ torch.randn(size // 4, size) * torch.logspace(-1, 1, size)


def model() -> Gemma3ForCausalLM:
    torch.manual_seed(3)
    config = Gemma3TextConfig(
        vocab_size=64, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16,
    )  # fmt: skip
    return Gemma3ForCausalLM(config).eval()


def round_model(made: Gemma3ForCausalLM, report: Callable[[int, int], None] = lambda _done, _total: None) -> None:
    round_weights(made, READ, BLOCK, 0, report)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_grid_is_the_librarys(operation: qtyping.TFLOperationName) -> None:
    torch.manual_seed(0)
    weight = torch.randn(48, 128) * torch.logspace(-3, 1, 128)
    assert torch.equal(plainly(weight), requantized(weight, operation))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_library_finds_the_rounded_weights_again(operation: qtyping.TFLOperationName) -> None:
    torch.manual_seed(0)
    weight, inputs = torch.randn(48, 128) * 0.02, correlated(200, 128)
    rounded = compensated(weight, inputs.T @ inputs, BLOCK)
    assert torch.equal(rounded, requantized(rounded, operation))
    assert not torch.equal(rounded, plainly(weight))


def test_outputs_change_less_than_with_the_nearest_values() -> None:
    torch.manual_seed(0)
    weight, inputs = torch.randn(48, 128), correlated(200, 128)
    wanted = inputs @ weight.T
    changes = [
        (inputs @ rounded.T - wanted).square().mean()
        for rounded in (compensated(weight, inputs.T @ inputs, BLOCK), plainly(weight))
    ]
    assert changes[0] < 0.3 * changes[1]


def test_scales_are_chosen_for_the_important_channels() -> None:
    weight = torch.full((1, BLOCK), 0.5)
    weight[0, 0] = STEPS
    unimportant = torch.ones(BLOCK)
    unimportant[0] = 0
    assert float(best_scales(weight, BLOCK, unimportant)) < float(block_scales(weight, BLOCK))
    important = torch.ones(BLOCK)
    important[0] = 1e6
    assert torch.equal(best_scales(weight, BLOCK, important), block_scales(weight, BLOCK))


def test_channels_without_input_and_blocks_of_zeros_are_rounded_too() -> None:
    torch.manual_seed(0)
    weight, inputs = torch.randn(8, 96), correlated(50, 96)
    inputs[:, 40:80] = 0
    weight[:, 64:] = 0
    rounded = compensated(weight, inputs.T @ inputs, BLOCK)
    assert torch.isfinite(rounded).all()
    assert torch.equal(rounded[:, :64], requantized(rounded[:, :64], OPERATIONS[0]))
    assert (rounded[:, 64:].abs() < 1e-5).all()


def test_every_layer_of_a_model_changes_its_outputs_less() -> None:
    before, after = model(), model()
    round_model(after)
    with torch.no_grad():
        inputs = before.model(torch.tensor(READ[:1]), output_hidden_states=True).hidden_states
        for number, (old, new) in enumerate(zip(before.model.layers, after.model.layers, strict=True)):
            states = old.input_layernorm(inputs[number][0])
            for name in ("q_proj", "k_proj", "v_proj"):
                weight, rounded = (getattr(layer.self_attn, name).weight for layer in (old, new))
                assert torch.equal(rounded, requantized(rounded, OPERATIONS[0]))
                change, plain = ((states @ (other - weight).T).square().mean() for other in (rounded, plainly(weight)))
                assert change < 0.8 * plain


def test_all_weights_of_a_model_are_on_the_grid() -> None:
    made = model()
    round_model(made)
    weights = {name: weight for name, weight in made.state_dict().items() if weight.ndim == 2}
    assert len(weights) == 7 * 2 + 2
    for name, weight in weights.items():
        assert torch.equal(weight, requantized(weight, OPERATIONS[0])), name
    assert made.get_output_embeddings().weight is made.get_input_embeddings().weight


def test_the_answers_of_a_model_change_less_than_with_the_nearest_values() -> None:
    wanted, rounded, plain = model(), model(), model()
    round_model(rounded)
    with torch.no_grad():
        for weight in plain.parameters():
            if weight.ndim == 2:
                weight.copy_(plainly(weight))
        logits = [made(torch.tensor(READ[:1])).logits for made in (wanted, rounded, plain)]
    assert (logits[1] - logits[0]).square().mean() < 0.8 * (logits[2] - logits[0]).square().mean()


def test_a_shared_beginning_is_counted_once_and_padding_never(monkeypatch: pytest.MonkeyPatch) -> None:
    made, seen = model(), []
    monkeypatch.setattr(rounding, "compensated", lambda weight, moments, _block: (seen.append(moments), weight)[1])
    round_model(made)
    with torch.no_grad():
        found = [made.model(torch.tensor([ids]), output_hidden_states=True).hidden_states[0][0] for ids in READ]
        shortest, shared = min(range(len(READ)), key=lambda at: len(READ[at])), 2
        parts = [states if at == shortest else states[shared:] for at, states in enumerate(found)]
        inputs = made.model.layers[0].input_layernorm(torch.cat(parts))
    torch.testing.assert_close(seen[0], inputs.T @ inputs)


def test_progress_is_reported_and_no_hook_stays() -> None:
    made, seen = model(), []
    round_model(made, lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in made.modules())


def stored_weights(tflite: Path) -> list[Tensor]:
    """The weights of a file that are stored in 4 bits with a scale for each block, as floats."""
    raw = tflite.read_bytes()
    model = schema.ModelT.InitFromPackedBuf(raw, 0)

    def content(buffer: schema.BufferT) -> npt.NDArray[np.uint8]:
        if buffer.data is not None:
            return np.asarray(buffer.data, np.uint8)
        return np.frombuffer(raw, np.uint8, buffer.size, buffer.offset)

    found = {}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            details = tensor.quantization.details if tensor.quantization is not None else None
            if isinstance(details, schema.BlockwiseQuantizationT):
                packed = content(model.buffers[tensor.buffer])
                steps = np.stack([packed & 15, packed >> 4], -1).astype(np.int8).reshape(tensor.shape)
                scales = content(model.buffers[graph.tensors[details.scales].buffer]).view(np.float16)
                scales = scales.astype(np.float32).reshape(len(steps), -1).repeat(details.blockSize, 1)
                found[tensor.buffer] = torch.from_numpy(np.where(steps > STEPS, steps - 16, steps) * scales)
    return list(found.values())


def test_the_first_layers_are_left_as_they_are() -> None:
    made, before, seen = model(), model().state_dict(), []
    round_weights(made, READ, BLOCK, 1, lambda done, total: seen.append((done, total)))
    assert seen == [(0, 2), (1, 2), (2, 2)]
    changed = {name for name, weight in made.state_dict().items() if not torch.equal(weight, before[name])}
    assert len(changed) == 7 + 2
    assert not any(name.startswith("model.layers.0.") for name in changed)


@pytest.mark.slow  # a conversion
def test_a_file_has_the_rounded_weights_bit_for_bit(trained_run: Run, tmp_path: Path) -> None:
    source, phases = find_source(str(trained_run.path)), []
    recipe = replace(find_recipe("dynamic_int4_block32"), eight_bit_layers=1)  # of a starter's few
    calibration = load_trained(trained_run).calibration()

    def on_phase(phase: str, done: int, total: int) -> None:
        phases.append((phase, done == total))

    model = convert(source, tmp_path, (32,), 1024, on_phase, calibration, recipe=recipe)
    stored = stored_weights(quantize(model, tmp_path, recipe, on_phase).tflite)
    prepared = load_file(tmp_path / "prepared" / "model.safetensors")
    rounded = [weight for name, weight in prepared.items() if weight.ndim == 2 and "layers.0." not in name]
    assert len(stored) == len(rounded)
    for weight in rounded:
        assert any(torch.equal(weight, other) for other in stored if other.shape == weight.shape)
    assert list(dict.fromkeys(phases)) == [
        (phase, ended) for phase in ("load", "round", "convert", "quantize") for ended in (False, True)
    ]
