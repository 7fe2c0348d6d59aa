"""The maximum cost of a check's jobs, computed before any is started."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend.errors import InputError
from backend.jobs.huggingface import DEFAULT_FLAVOR, Flavor, flavors

CPU_FLAVOR = "cpu-basic"
CPU_MINUTES, GPU_MINUTES = 5, 15
"""Time limits: fetching the image, and on a GPU installing torch, which has 3 GB with CUDA."""


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
        """What all of them cost at most, in US dollars."""
        return sum(job.ceiling for job in self.jobs)

    @property
    def told(self) -> str:
        """The sum, and what it is made of."""
        parts = [
            f"{job.minutes} minutes of {job.flavor.name} at {dollars(job.flavor.price_per_hour or 0)} an hour"
            for job in self.jobs
        ]
        return f"About {dollars(self.ceiling)} at most: {' and '.join(parts)}. Usually it is much less."


def plan_jobs(token: str, flavor: str = DEFAULT_FLAVOR) -> Plan:
    """The job on cpu-basic and the one on `flavor`, at the Hub's prices of this moment; InputError."""
    offered = {found.name: found for found in flavors(token)}
    return Plan([_planned(offered, name) for name in dict.fromkeys([CPU_FLAVOR, flavor])])


def _planned(offered: dict[str, Flavor], name: str) -> PlannedJob:
    found = offered.get(name)
    if found is None:
        raise InputError(f"Hugging Face offers no machine {name!r} now. Choose one of {', '.join(offered)}.")
    if found.price_per_hour is None:
        raise InputError(f"The price of {name} is unknown, so nothing is started there. Choose another machine.")
    minutes = GPU_MINUTES if found.accelerator else CPU_MINUTES
    return PlannedJob(found, minutes, found.price_per_hour * minutes / 60)


def dollars(amount: float) -> str:
    """A sum as `$0.40`, rounded up to the cent: never less than what is billed."""
    return f"${math.ceil(round(amount * 100, 6)) / 100:,.2f}"
