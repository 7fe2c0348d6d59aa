"""The machines of the loop-back Hub's jobs: what is told of them, to who orders one and to the job on it."""

from __future__ import annotations

from typing import Any

FLAVORS: list[tuple[str, str, str, str, tuple[str, str] | None, int]] = [
    # name, pretty name, cpu, ram, accelerator, micro-dollars a minute
    ("cpu-basic", "CPU Basic", "2 vCPU", "16 GB", None, 167),
    ("cpu-upgrade", "CPU Upgrade", "8 vCPU", "32 GB", None, 500),
    ("t4-small", "Nvidia T4 - small", "4 vCPU", "15 GB", ("T4", "16 GB"), 6667),
    ("l4x1", "1x Nvidia L4", "8 vCPU", "30 GB", ("L4", "24 GB"), 13333),
]


def hardware() -> list[dict[str, Any]]:
    """The answer of /api/jobs/hardware."""
    rows = []
    for name, pretty, cpu, ram, chip, price in FLAVORS:
        accelerator = (
            {"type": "gpu", "model": chip[0], "quantity": "1", "vram": chip[1], "manufacturer": "Nvidia"}
            if chip
            else None
        )
        cost = {"unitCostMicroUSD": price, "unitCostUSD": price / 1e6, "unitLabel": "minute"}
        place = {"cpu": cpu, "ram": ram, "ephemeralStorage": "50 GB", "accelerator": accelerator}
        rows.append({"name": name, "prettyName": pretty, **place, **cost})
    return rows


def built_in(flavor: str) -> dict[str, str]:
    """What every job is told of its machine."""
    _, _, cpu, ram, chip, _ = next(row for row in FLAVORS if row[0] == flavor)
    accelerator = flavor if chip else "none"
    return {"ACCELERATOR": accelerator, "CPU_CORES": cpu.split()[0], "MEMORY": f"{ram.split()[0]}Gi"}
