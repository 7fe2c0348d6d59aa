"""The number of epochs: as many as the rows need, or by one choice between quality and speed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from backend.runs.config import RunConfig
from backend.runs.usual_length import usual_length

Effort = Literal["fast", "balanced", "thorough"]
SHARES: dict[Effort, float] = {"fast": 0.4, "balanced": 1.0, "thorough": 2.0}
PATIENCE = 3
"""Evaluations without improvement after which a thorough training stops."""


def planned_epochs(config: RunConfig, rows: int | None) -> float:
    """The passes that a training makes over these rows, or `max_examples` of them.

    For "auto" it is the usual number, and more if that makes too few steps; it is the usual number if `rows` is None.
    """
    if config.epochs != "auto":
        return config.epochs
    usual = usual_length(config.base_model)
    if rows is None:
        return usual.epochs
    steps_an_epoch = math.ceil(min(rows, config.max_examples or rows) / config.batch_size)
    return max(usual.epochs, float(math.ceil(usual.steps / steps_an_epoch)))


def shown(epochs: float | str) -> str:
    """A number of epochs, or auto, as text."""
    return epochs if isinstance(epochs, str) else f"{epochs:g}"


def with_effort(config: RunConfig, effort: Effort, rows: int | None) -> RunConfig:
    """The settings with as many epochs as `rows` rows need, or fewer, or more.

    A thorough training stops early after three evaluations of the held-out rows without improvement.
    """
    usual = replace(config, epochs="auto", early_stopping=PATIENCE if effort == "thorough" else None)
    if effort == "balanced":
        return usual
    return replace(usual, epochs=max(1.0, float(round(planned_epochs(usual, rows) * SHARES[effort]))))
