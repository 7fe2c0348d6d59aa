"""How long a training takes if nobody says: its usual epochs, and the fewest steps that they may come to."""

from __future__ import annotations

from dataclasses import dataclass

STARTER = "starter"


@dataclass(frozen=True, slots=True)
class TrainingLength:
    """A training's usual epochs, and the fewest optimiser steps that it may come to."""

    epochs: float
    steps: int


STARTER_LENGTH = TrainingLength(25.0, 250)
TUNED_LENGTH = TrainingLength(3.0, 150)
"""Measured: docs/training.md, "Few rows"."""


def usual_length(base_model: str) -> TrainingLength:
    """What "auto" stands for with a base model."""
    return STARTER_LENGTH if base_model == STARTER else TUNED_LENGTH
