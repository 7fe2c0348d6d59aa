"""The maximum cost of a check's jobs, computed before any is started."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend.errors import InputError
from backend.jobs.huggingface import DEFAULT_FLAVOR, Flavor, flavors

CPU_FLAVOR = "cpu-basic"
CPU_MINUTES, GPU_MINUTES = 5, 15
"""Time limits, including the download of the image and, on a GPU, the installation of torch (3 GB with CUDA)."""


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job with its time limit; `ceiling` is price times limit, in US dollars."""

    flavor: Flavor
    minutes: int
    ceiling: float

    @property
    def has_gpu(self) -> bool:
        """Whether its machine is billed for an accelerator."""
        return self.flavor.accelerator is not None


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs, in order."""

    jobs: Sequence[PlannedJob]

    @property
    def ceiling(self) -> float:
        """The maximum cost of all jobs, in US dollars."""
        return sum(job.ceiling for job in self.jobs)

    @property
    def summary(self) -> str:
        """The maximum cost with its parts, as text."""
        parts = [
            f"{job.minutes} minutes of {job.flavor.name} at {dollars(job.flavor.price_per_hour or 0)} an hour"
            for job in self.jobs
        ]
        return f"About {dollars(self.ceiling)} at most: {' and '.join(parts)}. Usually it is much less."


def plan_jobs(token: str, flavor: str = DEFAULT_FLAVOR) -> Plan:
    """Returns the plan of a job on cpu-basic and one on `flavor`, at the Hub's current prices.

    Raises InputError if the machine is not offered, its price is unknown, or the Hub fails.
    """
    offered = {found.name: found for found in flavors(token)}
    return Plan([_planned(offered, name) for name in dict.fromkeys([CPU_FLAVOR, flavor])])


def _planned(offered: dict[str, Flavor], name: str) -> PlannedJob:
    found = offered.get(name)
    if found is None:
        raise InputError(f"Hugging Face offers no machine {name!r} now. Choose one of {', '.join(offered)}.")
    if found.price_per_hour is None:
        raise InputError(f"The price of {name} is unknown, so no job is started on it. Choose another machine.")
    minutes = GPU_MINUTES if found.accelerator else CPU_MINUTES
    return PlannedJob(found, minutes, found.price_per_hour * minutes / 60)


def dollars(amount: float) -> str:
    """Returns an amount as `$0.40`, rounded up to the cent, so that it is never below the bill."""
    return f"${math.ceil(round(amount * 100, 6)) / 100:,.2f}"
