"""The machines for jobs and their prices, requested from Hugging Face."""

from __future__ import annotations

import re
from dataclasses import dataclass

from huggingface_hub import HfApi, JobHardwareInfo

from backend.jobs.huggingface.errors import job_errors

DEFAULT_FLAVOR = "t4-small"
BLACKWELL = re.compile(r"\bRTX PRO\b|\bG?B\d{3}\b|\bRTX 50\d\d\b")
"""Chips of compute capability 10 and 12: PyTorch's builds for CUDA 12.6 end at 9.0 (pytorch, .ci/manywheel)."""
UNITS_AN_HOUR = {"second": 3600.0, "minute": 60.0, "hour": 1.0}


@dataclass(frozen=True, slots=True)
class Flavor:
    """One machine; `price_per_hour` is in US dollars, None if the unit of the price is unknown."""

    name: str
    label: str
    price_per_hour: float | None
    cpu: str
    ram: str
    accelerator: str | None


def flavors(token: str | None) -> list[Flavor]:
    """Returns the machines that are offered now and that a job can use, in the Hub's order.

    The list is public and needs no token. Accelerators that the jobs' torch does not support are left out. Raises
    InputError if the Hub fails.
    """
    with job_errors("read the list of machines"):
        return [_flavor(found) for found in HfApi(token=token or False).list_jobs_hardware() if is_usable(found)]


def is_usable(machine: JobHardwareInfo) -> bool:
    """Whether torch for CUDA 12.6 runs on the machine: on CPUs and on NVIDIA's chips before Blackwell."""
    chip = machine.accelerator
    return chip is None or (chip.manufacturer.lower() == "nvidia" and not BLACKWELL.search(chip.model))


def _flavor(found: JobHardwareInfo) -> Flavor:
    units = UNITS_AN_HOUR.get(found.unit_label)
    price = None if units is None else found.unit_cost_micro_usd * units / 1e6
    chip = found.accelerator
    accelerator = f"{chip.quantity} × {chip.model} {chip.vram}" if chip else None
    return Flavor(found.name, found.pretty_name, price, found.cpu, found.ram, accelerator)
