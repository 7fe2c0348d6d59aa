"""The machines that a job may run on and what they cost, as Hugging Face tells them."""

from __future__ import annotations

from dataclasses import dataclass

from huggingface_hub import HfApi, JobHardwareInfo

from backend.jobs.huggingface.errors import job_errors

DEFAULT_FLAVOR = "t4-small"
UNITS_AN_HOUR = {"second": 3600.0, "minute": 60.0, "hour": 1.0}


@dataclass(frozen=True, slots=True)
class Flavor:
    """One machine; `price_per_hour` is in US dollars, None where the price's unit is unknown."""

    name: str
    label: str
    price_per_hour: float | None
    cpu: str
    ram: str
    accelerator: str | None


def flavors(token: str | None) -> list[Flavor]:
    """Every machine that is offered now, in the Hub's order; InputError where the Hub does not tell.

    The list is public; nothing about it is written down here, as machines and prices change.
    """
    with job_errors("read which machines there are"):
        return [_flavor(found) for found in HfApi(token=token or False).list_jobs_hardware()]


def _flavor(found: JobHardwareInfo) -> Flavor:
    units = UNITS_AN_HOUR.get(found.unit_label)
    price = None if units is None else found.unit_cost_micro_usd * units / 1e6
    chip = found.accelerator
    accelerator = f"{chip.quantity} × {chip.model} {chip.vram}" if chip else None
    return Flavor(found.name, found.pretty_name, price, found.cpu, found.ram, accelerator)
