"""What a job will take and cost, told before it starts, with a ceiling that follows from the time limit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.jobs.commands import PIPELINE
from backend.jobs.estimate import Workload, estimate_training, steps_and_tokens
from backend.jobs.huggingface.hardware import Flavor
from backend.runs import STAGES, STARTER, RunConfig

START_MINUTES = 6.0
"""Fetching the image and installing pinned libraries, torch among them."""
EXPORT_MINUTES = {"small": 4.0, "large": 15.0}
"""Converting, quantizing and running the held-out rows: CPU work on every machine (docs/export.md: two cores)."""
GPU_TOKENS_A_SECOND = 2_000.0
GPU_STEP_SECONDS = 0.5
ANSWERS_A_SECOND = 2.0
"""What a T4 is taken for: a tenth of what its matrix units could do. Nothing here was measured on it."""
GPU_SPEEDS = {"T4": 1.0, "L4": 1.5, "A10G": 2.0, "L40S": 3.0, "A100": 4.0, "H200": 5.0}
"""How many times faster than a T4, told low; a chip that is not named counts as a T4."""
STARTER_SHARE = 0.1
"""The starter has about a hundredth of the weights, and its steps are mostly waiting."""
HELD_OUT_SHARE = 1 / 9
"""Rows held out for each row trained on, at the default split of a tenth."""
TIMEOUT_FACTOR, TIMEOUT_EXTRA_MINUTES, LEAST_TIMEOUT_MINUTES, ROUND_MINUTES = 2.0, 10.0, 30, 5


@dataclass(frozen=True, slots=True)
class Quote:
    """What to tell before spending: minutes and dollars expected, and about what it can cost at most.

    `cost` and `ceiling` are None where the machine's price is not known. `timeout_seconds` is the job's own limit,
    after which the Hub stops it, so `ceiling` is price times limit. Whether the limit includes the start of the machine
    is not documented, so the bill can be a little higher.
    """

    flavor: Flavor
    minutes: float
    timeout_seconds: int
    cost: float | None
    ceiling: float | None

    def limited(self, minutes: float) -> Quote:
        """The same with a time limit of one's own, and the ceiling that follows from it."""
        price = self.flavor.price_per_hour
        ceiling = None if price is None else price * minutes / 60
        return replace(self, timeout_seconds=round(minutes * 60), ceiling=ceiling)


def quote(run_config: RunConfig, workload: Workload, flavor: Flavor, stages: Sequence[str]) -> Quote:
    """The time and cost of one job that does these stages ("pipeline" stands for all three).

    No graphics card was measured here, so the minutes are meant to be generous and the limit is twice that: believe
    the ceiling, not the estimate.
    """
    wanted = STAGES if PIPELINE in stages else stages
    work = {"train": _train_seconds, "evaluate": _evaluate_seconds, "export": _export_seconds}
    seconds = sum(work[stage](run_config, workload, flavor) for stage in STAGES if stage in wanted)
    minutes = START_MINUTES + seconds / 60
    limit = max(LEAST_TIMEOUT_MINUTES, TIMEOUT_FACTOR * minutes + TIMEOUT_EXTRA_MINUTES)
    timeout_minutes = ROUND_MINUTES * math.ceil(limit / ROUND_MINUTES)
    price = flavor.price_per_hour
    cost, ceiling = (None if price is None else price * took / 60 for took in (minutes, timeout_minutes))
    return Quote(flavor, minutes, timeout_minutes * 60, cost, ceiling)


def _train_seconds(config: RunConfig, work: Workload, flavor: Flavor) -> float:
    if flavor.accelerator is None:
        return estimate_training(config, work).seconds / _cpu_speed(flavor)
    steps, tokens = steps_and_tokens(config, work)
    seconds = steps * GPU_STEP_SECONDS + tokens / GPU_TOKENS_A_SECOND
    return seconds * _size(config) / _gpu_speed(flavor)


def _evaluate_seconds(config: RunConfig, work: Workload, flavor: Flavor) -> float:
    """The tuned model and its base answer every held-out row."""
    answers = 2 * work.rows * HELD_OUT_SHARE
    speed = _gpu_speed(flavor) if flavor.accelerator else _cpu_speed(flavor) / 4
    return 30 + answers / ANSWERS_A_SECOND * _size(config) / speed


def _export_seconds(config: RunConfig, _work: Workload, _flavor: Flavor) -> float:
    return 60 * EXPORT_MINUTES["small" if config.base_model == STARTER else "large"]


def _size(config: RunConfig) -> float:
    return STARTER_SHARE if config.base_model == STARTER else 1.0


def _gpu_speed(flavor: Flavor) -> float:
    """By the chip's name; several chips count as one, since a run uses one."""
    name = flavor.accelerator or ""
    return next((speed for chip, speed in GPU_SPEEDS.items() if re.search(rf"\b{chip}\b", name)), 1.0)


def _cpu_speed(flavor: Flavor) -> float:
    """Against the two cores that backend/jobs/estimate.py was measured on: half of what more cores promise."""
    cores = re.match(r"\d+", flavor.cpu)
    return max(0.5, int(cores[0]) / 4) if cores else 0.5
