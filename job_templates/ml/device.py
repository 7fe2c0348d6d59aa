"""Which device trains and answers, in which precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from backend.errors import InputError
from backend.runs.config import PrecisionName


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
    if not torch.cuda.is_available():
        return Precision("cpu", bf16=cpu_has_bf16() if wanted == "auto" else wanted == "bfloat16", fp16=False)
    has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
    if wanted == "bfloat16" and not has_bf16:
        raise InputError(
            f"{torch.cuda.get_device_name()} does not multiply in bfloat16. Leave --precision at auto (float16 with a "
            "scaled loss), or give float32."
        )
    return Precision("cuda", bf16=has_bf16 and wanted != "float32", fp16=not has_bf16 and wanted == "auto")


def cpu_has_bf16() -> bool:
    """Whether the CPU has instructions that multiply bfloat16: AVX-512 BF16 or AMX."""
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
