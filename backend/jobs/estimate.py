"""The expected time of a training: a model of its cost, corrected by earlier runs on this machine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, Protocol

from backend.records import Declarations
from backend.runs import STARTER, RunConfig, TrainingSummary, planned_epochs

Kind = Literal["starter", "lora", "full"]

STARTUP_SECONDS: dict[Kind, float] = {"starter": 10.0, "lora": 30.0, "full": 60.0}
"""Loading the libraries and the weights, reading the rows, saving the checkpoint."""
STEP_SECONDS: dict[Kind, float] = {"starter": 0.04, "lora": 0.5, "full": 2.0}
TOKEN_SECONDS: dict[Kind, float] = {"starter": 7e-5, "lora": 6e-3, "full": 9e-3}
"""Seconds per step and per token in it, on two idle CPU cores in float32; a 270M model if it is not the starter.

LoRA: 6.1 s for the 937 tokens of a step with full declarations and 8 rows, 2.4 s for the 321 with names only
(docs/training.md). All weights is computed, not measured: 1.5 times as much (6 multiply-adds per weight and token, not
4), and the update of 268M weights.
"""
CPU_PRECISION = "float32"
STARTER_PARAMETERS = 20_000_000
"""A model with fewer parameters and all of them trained is a starter: no other base model is as small."""
NEWEST = 5
"""The number of earlier runs that count: a machine and this code change over time."""
LEAST_STEPS = 5
"""A run of fewer steps is too short to measure speed."""


class CountedTokens(Protocol):
    """What a workload needs of backend.data's TokenBudget, which not every machine of a job can import."""

    @property
    def declarations(self) -> Declarations:
        """The declarations that the rows were counted with."""

    @property
    def prompt_tokens(self) -> Mapping[Declarations, int]:
        """The longest prompt for each choice of declarations."""

    @property
    def prefix(self) -> int:
        """The part of the prompt that all rows share."""

    @property
    def lengths(self) -> Sequence[int]:
        """Every row's length."""


@dataclass(frozen=True, slots=True)
class Workload:
    """The size of a training: rows to train on, tokens of the shared prompt, and mean tokens of a row's own part."""

    rows: int
    prefix: int
    row_tokens: float

    @classmethod
    def of(cls, budget: CountedTokens, rows: int, config: RunConfig) -> Workload:
        """The size of a training on `rows` rows whose tokens were counted in `budget`."""
        longest_message = budget.prompt_tokens[budget.declarations] - budget.prefix
        return cls(
            rows=rows,
            prefix=budget.prompt_tokens[config.declarations] - longest_message,
            row_tokens=sum(budget.lengths) / len(budget.lengths) - budget.prefix,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """The seconds of a training, its optimiser steps, and whether earlier runs corrected the estimate."""

    seconds: float
    steps: int
    calibrated: bool


def estimate_training(config: RunConfig, work: Workload, earlier: Iterable[TrainingSummary] = ()) -> Estimate:
    """The time of a training; `earlier` are the summaries of the stored runs, newest first.

    The estimate is multiplied by the median ratio of measured to estimated seconds in the last runs of the same kind.
    """
    kind: Kind = "starter" if config.base_model == STARTER else config.method
    steps, tokens = steps_and_tokens(config, work)
    ratios = [ratio for summary in earlier if (ratio := _ratio(summary, kind)) is not None]
    factor = median(ratios[:NEWEST]) if ratios else 1.0
    return Estimate(STARTUP_SECONDS[kind] + factor * _seconds(kind, steps, tokens), steps, bool(ratios))


def steps_and_tokens(config: RunConfig, work: Workload) -> tuple[int, float]:
    """The number of optimiser steps of a training, and of the tokens in all of them.

    Each epoch also has off-topic rows, if the settings ask for them; they count as rows of the same length.
    """
    own = work.rows if config.max_examples is None else min(work.rows, config.max_examples)
    added = config.off_topic_rows(own)
    batch = config.rows_in_a_step(own, added)
    steps = max(1, math.ceil(math.ceil((own + added) / batch) * planned_epochs(config, own)))
    at_once = min(own + added, batch)
    prefixes = at_once if config.engine == "plain" else 1
    return steps, steps * (prefixes * work.prefix + at_once * work.row_tokens)


def _seconds(kind: Kind, steps: int, tokens: float) -> float:
    return steps * STEP_SECONDS[kind] + tokens * TOKEN_SECONDS[kind]


def _kind(summary: TrainingSummary) -> str | None:
    """The kind of a training, by its summary."""
    if summary.method == "full" and (summary.parameters or 0) < STARTER_PARAMETERS:
        return "starter"
    return summary.method


def _ratio(summary: TrainingSummary, kind: Kind) -> float | None:
    """The ratio of measured to estimated seconds; None if the run did not record it or was not trained on this CPU.

    A run on a GPU was not. If the summary names no device, another precision than float32 means a GPU.
    """
    in_float32 = summary.precision in (None, CPU_PRECISION)
    device = summary.device or ("cpu" if in_float32 else "cuda")
    if device != "cpu" or _kind(summary) != kind or summary.steps < LEAST_STEPS:
        return None
    if not summary.tokens or summary.seconds <= 0:
        return None
    return summary.seconds / _seconds(kind, summary.steps, summary.tokens)
