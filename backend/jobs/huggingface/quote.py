"""Computes the time and cost of a job before it starts, with a maximum cost that follows from the time limit."""

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
"""Time to download the image and to install the pinned libraries, including torch."""
EXPORT_MINUTES = {"small": 4.0, "large": 15.0}
"""Time to convert, to quantize and to run the held-out rows. It is CPU work (measured on two cores, docs/export.md)."""
GPU_TOKENS_A_SECOND = 2_000.0
GPU_STEP_SECONDS = 0.5
ANSWERS_A_SECOND = 2.0
"""The assumed speed of a T4, a tenth of the peak of its matrix units. It is not measured."""
GPU_SPEEDS = {"T4": 1.0, "L4": 1.5, "A10G": 2.0, "L40S": 3.0, "A100": 4.0, "H200": 5.0}
"""Low estimates of the speed relative to a T4; a chip that is not in the table counts as a T4."""
STARTER_SHARE = 0.1
"""The starter has about a hundredth of the weights, but its steps have a fixed overhead."""
HELD_OUT_SHARE = 1 / 9
"""Held-out rows per training row, at the default split of a tenth."""
TIMEOUT_FACTOR, TIMEOUT_EXTRA_MINUTES, LEAST_TIMEOUT_MINUTES, ROUND_MINUTES = 2.0, 10.0, 30, 5


@dataclass(frozen=True, slots=True)
class Quote:
    """The expected minutes and cost of a job in US dollars, and its approximate maximum cost `ceiling`.

    `cost` and `ceiling` are None if the machine's price is unknown. The Hub stops the job after `timeout_seconds`, so
    `ceiling` is price times limit. It is not documented whether the limit includes the start of the machine, so the
    bill can be a little higher.
    """

    flavor: Flavor
    minutes: float
    timeout_seconds: int
    cost: float | None
    ceiling: float | None

    def limited(self, minutes: float) -> Quote:
        """Returns the quote with another time limit in minutes, and its maximum cost."""
        price = self.flavor.price_per_hour
        ceiling = None if price is None else price * minutes / 60
        return replace(self, timeout_seconds=round(minutes * 60), ceiling=ceiling)


def quote(run_config: RunConfig, workload: Workload, flavor: Flavor, stages: Sequence[str]) -> Quote:
    """Returns the time and cost of one job with these stages ("pipeline" means all three).

    The speeds of GPUs are not measured, so the minutes are high estimates and the limit is more than twice as long. The
    maximum cost is more reliable than the expected cost.
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


def sweep_quote(minutes: float, flavor: Flavor) -> Quote:
    """Returns the time and cost of a search with this budget in minutes: the job is stopped soon after it."""
    whole, limit = minutes + START_MINUTES, math.ceil(minutes + 2 * START_MINUTES)
    price = flavor.price_per_hour
    cost, ceiling = (None if price is None else price * took / 60 for took in (whole, limit))
    return Quote(flavor, whole, limit * 60, cost, ceiling)


def _train_seconds(config: RunConfig, work: Workload, flavor: Flavor) -> float:
    if flavor.accelerator is None:
        return estimate_training(config, work).seconds / _cpu_speed(flavor)
    steps, tokens = steps_and_tokens(config, work)
    seconds = steps * GPU_STEP_SECONDS + tokens / GPU_TOKENS_A_SECOND
    return seconds * _size(config) / _gpu_speed(flavor)


def _evaluate_seconds(config: RunConfig, work: Workload, flavor: Flavor) -> float:
    """Returns the seconds in which the tuned model and its base answer every held-out row."""
    answers = 2 * work.rows * HELD_OUT_SHARE
    speed = _gpu_speed(flavor) if flavor.accelerator else _cpu_speed(flavor) / 4
    return 30 + answers / ANSWERS_A_SECOND * _size(config) / speed


def _export_seconds(config: RunConfig, _work: Workload, _flavor: Flavor) -> float:
    return 60 * EXPORT_MINUTES["small" if config.base_model == STARTER else "large"]


def _size(config: RunConfig) -> float:
    return STARTER_SHARE if config.base_model == STARTER else 1.0


def _gpu_speed(flavor: Flavor) -> float:
    """Returns the speed relative to a T4, by the chip's name. Several chips count as one, because a run uses one."""
    name = flavor.accelerator or ""
    return next((speed for chip, speed in GPU_SPEEDS.items() if re.search(rf"\b{chip}\b", name)), 1.0)


def _cpu_speed(flavor: Flavor) -> float:
    """Returns half the ratio of cores to the two cores that backend/jobs/estimate.py was measured on."""
    cores = re.match(r"\d+", flavor.cpu)
    return max(0.5, int(cores[0]) / 4) if cores else 0.5
