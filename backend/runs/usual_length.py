"""The default length of a training: its epochs and the smallest number of steps."""

from __future__ import annotations

from dataclasses import dataclass

STARTER = "starter"


@dataclass(frozen=True, slots=True)
class TrainingLength:
    """A training's default epochs, and the smallest number of its optimiser steps."""

    epochs: float
    steps: int


STARTER_LENGTH = TrainingLength(25.0, 250)
TUNED_LENGTH = TrainingLength(3.0, 150)
"""Measured: docs/training.md, "Few rows"."""


def usual_length(base_model: str) -> TrainingLength:
    """Returns the length that "auto" means for a base model."""
    return STARTER_LENGTH if base_model == STARTER else TUNED_LENGTH
