"""Quality or speed: one choice that sets how long a training goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from backend.runs.config import RunConfig

Effort = Literal["fast", "balanced", "thorough"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)
SHARES: dict[Effort, float] = {"fast": 0.4, "balanced": 1.0, "thorough": 2.0}
LOOKS = 3


def with_effort(config: RunConfig, effort: Effort) -> RunConfig:
    """The base model's default settings with fewer or more epochs.

    A thorough training ends early when the held-out loss has not fallen for three looks.
    """
    epochs = max(1.0, float(round(config.epochs * SHARES[effort])))
    return replace(config, epochs=epochs, early_stopping=LOOKS if effort == "thorough" else None)
