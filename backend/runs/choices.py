"""The named choices and shared limits of the settings."""

from __future__ import annotations

from typing import Any, Literal, get_args

Method = Literal["full", "lora"]
LoraTargets = Literal["all", "attention"]
Scheduler = Literal["cosine", "linear", "constant"]
Engine = Literal["shared", "plain"]
PrecisionName = Literal["auto", "float32", "bfloat16"]
PRECISIONS: tuple[PrecisionName, ...] = get_args(PrecisionName)
FULL_RATE = 5e-5
"""The peak rate if all weights of a pretrained model are trained: an adapter's rate would undo the pretraining."""
SHARE: dict[str, Any] = {"least": 0, "below": 1, "allowed": "a share from 0 to below 1, such as 0.05"}
