"""How long a training will take, told before it starts: a model of its cost, held against earlier runs here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from backend.runs.config import STARTER, RunConfig

STARTUP_SECONDS = 10.0
"""Loading the libraries, reading the rows, saving the checkpoint."""
STEP_SECONDS = {"full": 0.04, "lora": 0.5}
TOKEN_SECONDS = {"full": 7e-5, "lora": 7e-3}
"""Measured on two CPU cores in float32: the starter, and LoRA on Gemma 3 270M (docs/training.md)."""
LEAST_STEPS = 5
"""A run of fewer steps says nothing about speed."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What a training computes: rows to train on, the prompt's shared tokens, and a row's own tokens on average."""

    rows: int
    prefix: int
    row_tokens: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The seconds of a training, its optimiser steps, and whether earlier runs here went into it."""

    seconds: float
    steps: int
    calibrated: bool


def estimate_training(config: RunConfig, work: Workload, earlier: Iterable[Mapping[str, Any]] = ()) -> Estimate:
    """The time of a training; `earlier` are training.json summaries of runs on the same machine.

    Their seconds, held against what this model would have said for them, correct it: the median of the last runs with
    the same method.
    """
    method = "full" if config.base_model == STARTER else "lora"
    rows = work.rows if config.max_examples is None else min(work.rows, config.max_examples)
    steps = max(1, math.ceil(math.ceil(rows / config.batch_size) * config.epochs))
    tokens = steps * (work.prefix + min(rows, config.batch_size) * work.row_tokens)
    ratios = [ratio for summary in earlier if (ratio := _ratio(summary, method)) is not None]
    factor = median(ratios[-5:]) if ratios else 1.0
    return Estimate(STARTUP_SECONDS + factor * _seconds(method, steps, tokens), steps, bool(ratios))


def _seconds(method: str, steps: int, tokens: float) -> float:
    return steps * STEP_SECONDS[method] + tokens * TOKEN_SECONDS[method]


def _ratio(summary: Mapping[str, Any], method: str) -> float | None:
    """How many times longer than this model says the run took; None where the run does not tell."""
    steps, tokens, seconds = (_positive(summary.get(name)) for name in ("steps", "tokens", "seconds"))
    if summary.get("method") != method or steps < LEAST_STEPS or not tokens or not seconds:
        return None
    return seconds / _seconds(method, int(steps), tokens)


def _positive(value: Any) -> float:
    """The number, or 0 for anything that is no positive number."""
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
