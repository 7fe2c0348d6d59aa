"""Which device trains and answers, in which precision."""

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
    """How the weights are multiplied; they are always held in float32.

    bfloat16 where the device multiplies in it. A T4 does not, and Gemma 3's residual stream overflows float16
    (huggingface/transformers#36822), so there only the multiplications are float16, under autocast with a scaled loss.
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
        """What weights are held in where a model answers: float32 on a CPU, so that all CPUs give the same answers."""
        return torch.bfloat16 if self.bf16 and self.device != "cpu" else torch.float32

    def ready(self, model: Any) -> Any:
        """The model on this device, its weights in the type that answers are made in, in evaluation mode."""
        return hold_weights_in(model.to(self.device), self.answers).eval()

    @contextmanager
    def rounding(self) -> Iterator[None]:
        """Where a CPU trains in bfloat16, what is still multiplied in float32 here may be rounded to it first.

        oneDNN multiplies it then: it keeps the sums in float32, and is faster than MKL even where it rounds nothing.
        """
        settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined] # torch puts an object in the module's place
        before = settings.fp32_precision
        if self.bf16 and self.device == "cpu":
            settings.fp32_precision = "bf16"
        try:
            yield
        finally:
            settings.fp32_precision = before


def choose_precision(wanted: PrecisionName = "auto") -> Precision:
    """What is wanted, or the fastest that is safe here; InputError where a GPU has no bfloat16.

    A CPU without instructions for bfloat16 does as told, but slower than in float32.
    """
    device: DeviceName = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted != "auto":
        return precision_on(device, wanted)
    if device == "cpu":
        return precision_on(device, "bfloat16" if cpu_has_bf16() else "float32")
    return precision_on(device, "bfloat16" if _gpu_has_bf16() else "float16")


def precision_on(device: DeviceName, products: ProductsName) -> Precision:
    """The precision whose products are of this type on this device; InputError where the device has no such products.

    float16 on any GPU is what choose_precision takes on one without bfloat16: autocast with a scaled loss.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("PyTorch finds no GPU here. Use a machine with an NVIDIA GPU and a driver for it, or the CPU.")
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
    """The model with its weights in this type, as transformers loads them; what it computes for itself stays as it is.

    Module.to would round the rotary embedding's frequencies too: in bfloat16, a cosine at position 700 is then off by
    0.1.
    """
    for weight in model.parameters():
        weight.data = weight.data.to(dtype)
    return model


def cpu_has_bf16() -> bool:
    """Whether the CPU has instructions that multiply bfloat16: AVX-512 BF16 or AMX."""
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
