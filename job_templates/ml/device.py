"""Which device trains, in which precision."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Precision:
    """How the weights are multiplied; they are always held in float32.

    bfloat16 where the device has it. A T4 has none, and Gemma 3's residual stream overflows float16 (huggingface/
    transformers#36822), so there only the multiplications are float16, under autocast with a scaled loss.
    """

    device: str
    bf16: bool
    fp16: bool

    @property
    def name(self) -> str:
        """The precision in words."""
        return "bfloat16" if self.bf16 else "float16 autocast" if self.fp16 else "float32"


def choose_precision() -> Precision:
    """The best that this machine does safely; float32 on a CPU."""
    if not torch.cuda.is_available():
        return Precision("cpu", bf16=False, fp16=False)
    bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
    return Precision("cuda", bf16=bf16, fp16=not bf16)
