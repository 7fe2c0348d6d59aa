"""How long a training will take, told before it starts: a model of its cost, held against earlier runs here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from backend.runs import STARTER, RunConfig, TrainingSummary, planned_epochs

Kind = Literal["starter", "lora", "full"]

STARTUP_SECONDS: dict[Kind, float] = {"starter": 10.0, "lora": 30.0, "full": 60.0}
"""Loading the libraries and the weights, reading the rows, saving the checkpoint."""
STEP_SECONDS: dict[Kind, float] = {"starter": 0.04, "lora": 0.5, "full": 2.0}
TOKEN_SECONDS: dict[Kind, float] = {"starter": 7e-5, "lora": 6e-3, "full": 9e-3}
"""Seconds of a step and of each token in it, on two idle CPU cores in float32, with a 270M where it is not the starter.

LoRA: 6.1 s for the 937 tokens of a step with full declarations and 8 rows, 2.4 s for the 321 with names alone
(docs/training.md). All weights, until runs here say better: by arithmetic half as much again (6 multiply-adds a weight
and token, not 4), and the update of 268M.
"""
CPU_PRECISION = "float32"
STARTER_PARAMETERS = 20_000_000
"""A model that was trained whole and has fewer was a starter: nothing else is as small."""
NEWEST = 5
"""So many earlier runs are gone by: a machine, and this code, change."""
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


def estimate_training(config: RunConfig, work: Workload, earlier: Iterable[TrainingSummary] = ()) -> Estimate:
    """The time of a training; `earlier` are the summaries of the runs kept here, newest first.

    Their seconds, held against what this model would have said for them, correct it: the median of the last runs of
    the same kind.
    """
    kind: Kind = "starter" if config.base_model == STARTER else config.method
    steps, tokens = steps_and_tokens(config, work)
    ratios = [ratio for summary in earlier if (ratio := _ratio(summary, kind)) is not None]
    factor = median(ratios[:NEWEST]) if ratios else 1.0
    return Estimate(STARTUP_SECONDS[kind] + factor * _seconds(kind, steps, tokens), steps, bool(ratios))


def steps_and_tokens(config: RunConfig, work: Workload) -> tuple[int, float]:
    """The optimiser steps of a training, and the tokens that all of them compute."""
    rows = work.rows if config.max_examples is None else min(work.rows, config.max_examples)
    steps = max(1, math.ceil(math.ceil(rows / config.batch_size) * planned_epochs(config, rows)))
    at_once = min(rows, config.batch_size)
    prefixes = at_once if config.engine == "plain" else 1
    return steps, steps * (prefixes * work.prefix + at_once * work.row_tokens)


def _seconds(kind: Kind, steps: int, tokens: float) -> float:
    return steps * STEP_SECONDS[kind] + tokens * TOKEN_SECONDS[kind]


def _kind(summary: TrainingSummary) -> str | None:
    """What was trained, by a run's own summary."""
    if summary.method == "full" and (summary.parameters or 0) < STARTER_PARAMETERS:
        return "starter"
    return summary.method


def _ratio(summary: TrainingSummary, kind: Kind) -> float | None:
    """How many times longer than this model says the run took; None where it does not tell, or did not train here.

    A GPU is elsewhere; of runs that do not say where they were trained, those in another precision than float32 were.
    """
    in_float32 = summary.precision in (None, CPU_PRECISION)
    device = summary.device or ("cpu" if in_float32 else "cuda")
    if device != "cpu" or _kind(summary) != kind or summary.steps < LEAST_STEPS:
        return None
    if not summary.tokens or summary.seconds <= 0:
        return None
    return summary.seconds / _seconds(kind, summary.steps, summary.tokens)
