"""The device and the precision of training and evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from backend.errors import InputError
from backend.runs import PrecisionName

DeviceName = Literal["cpu", "cuda"]
ProductsName = Literal["float16", "bfloat16", "float32"]


@dataclass(frozen=True, slots=True)
class Precision:
    """A device, and the type of the matrix products there. A training's weights are always float32.

    Products are bfloat16 if the device supports it. A T4 does not, and Gemma 3's residual stream overflows float16
    (huggingface/transformers#36822). Therefore only the products are float16 there, under autocast with a scaled loss.
    """

    device: str
    bf16: bool
    fp16: bool

    @property
    def name(self) -> str:
        """The precision in words."""
        return "bfloat16" if self.bf16 else "float16 autocast" if self.fp16 else "float32"

    @property
    def answers(self) -> torch.dtype:
        """The type of the weights in an evaluation: float32 on a CPU, so that all CPUs give the same answers."""
        return torch.bfloat16 if self.bf16 and self.device != "cpu" else torch.float32

    def ready(self, model: Any) -> Any:
        """Returns the model on this device, in evaluation mode, with weights of type `answers`."""
        return hold_weights_in(model.to(self.device), self.answers).eval()

    @contextmanager
    def rounding(self) -> Iterator[None]:
        """If a CPU trains in bfloat16, its remaining float32 products may round their inputs to bfloat16 here.

        oneDNN then computes them. It has sums in float32, and is faster than MKL even if it rounds nothing.
        """
        settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined] # torch replaces the module by an object
        before = settings.fp32_precision
        if self.bf16 and self.device == "cpu":
            settings.fp32_precision = "bf16"
        try:
            yield
        finally:
            settings.fp32_precision = before


def choose_precision(requested: PrecisionName = "auto") -> Precision:
    """Returns the requested precision, or for "auto" the fastest that is safe on this machine.

    A CPU without instructions for bfloat16 supports it too, but more slowly than float32. Raises InputError if bfloat16
    is requested and the GPU does not support it.
    """
    device: DeviceName = "cuda" if torch.cuda.is_available() else "cpu"
    if requested != "auto":
        return precision_on(device, requested)
    if device == "cpu":
        return precision_on(device, "bfloat16" if cpu_has_bf16() else "float32")
    return precision_on(device, "bfloat16" if _gpu_has_bf16() else "float16")


def precision_on(device: DeviceName, products: ProductsName) -> Precision:
    """Returns the precision with products of this type on this device.

    float16 means autocast with a scaled loss, on any GPU. Raises InputError if there is no such device, or it does not
    support the type.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("PyTorch finds no GPU. Use a machine with an NVIDIA GPU and its driver, or use the CPU.")
    if device == "cuda" and products == "bfloat16" and not _gpu_has_bf16():
        raise InputError(
            f"{torch.cuda.get_device_name()} does not multiply in bfloat16. Leave --precision at auto (float16 with a "
            "scaled loss), or give float32."
        )
    if device == "cpu" and products == "float16":
        raise InputError("A CPU does not train in float16. Use bfloat16 or float32, or a machine with a GPU.")
    return Precision(device, bf16=products == "bfloat16", fp16=products == "float16")


def _gpu_has_bf16() -> bool:
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def hold_weights_in(model: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Returns the model with its weights in this type, as transformers loads them. Its buffers are not changed.

    Module.to would also round the frequencies of the rotary embedding. In bfloat16, a cosine at position 700 would then
    be off by 0.1.
    """
    for weight in model.parameters():
        weight.data = weight.data.to(dtype)
    return model


def cpu_has_bf16() -> bool:
    """Whether the CPU has instructions that multiply bfloat16: AVX-512 BF16 or AMX."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
