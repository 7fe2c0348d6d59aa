"""The memory, cores and instructions of this machine that the process may use."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from backend.doctor.finding import Finding, failed, passed, unknown

GB = 10**9
MEMORY_BYTES = 5 * GB
MEMORY = "at 270M parameters training takes 2.5 GB with an adapter and 6.8 with all weights, the export 4.5 GB"
"""docs/training.md and docs/export.md."""
PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
NOTHING = "not reported by this system"
INSTRUCTIONS = {
    "avx2": ("AVX2", "training and answering are much slower"),
    "avx512f": ("AVX-512", "training is slower"),
    "avx512_vnni": ("VNNI", "exported files answer more slowly"),
    "bf16": ("BF16", "training uses float32, which takes about three times as long as bfloat16"),
}
"""The name of each instruction set, and the effect if it is missing; docs/training.md has the measured times."""


def check_memory(proc: Path = PROC, cgroups: Path = CGROUPS) -> Finding:
    """Checks that the memory of this process is enough for the export of a 270M model."""
    reported = dict(_meminfo(proc))
    if "MemTotal" not in reported:
        return unknown("Memory", f"The memory of this machine is {NOTHING}.")
    limit = memory_limit(proc, cgroups)
    most = min(reported["MemTotal"], limit or reported["MemTotal"])
    available = min(reported.get("MemAvailable", most), most)
    bound = "" if limit is None or limit >= reported["MemTotal"] else f", limited to {_gb(limit)} by its container"
    seen = f"{_gb(reported['MemTotal'])}{bound}, {_gb(available)} available; {MEMORY}."
    if most < MEMORY_BYTES:
        then = "The starter fits. For a 270M model, use a machine with at least 5 GB, or train on Hugging Face."
        return failed("Memory", seen, then)
    if available < MEMORY_BYTES:
        return failed("Memory", seen, "Close other programs before you export a 270M model.")
    return passed("Memory", seen)


def memory_limit(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Returns the smallest limit of this process's control groups (version 1 or 2) in bytes; None if there is none."""
    found = [limit for path in _limit_files(proc, cgroups) if (limit := _number(path)) is not None]
    return min(found) if found else None


def check_cores(proc: Path = PROC) -> Finding:
    """Reports the cores and their instruction sets; it always passes, because missing ones only cost time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    flags = _flags(proc)
    counted = f"{cores} core{'' if cores == 1 else 's'}, {platform.machine() or 'unknown kind'}"
    if flags is None:
        return unknown("Processor", f"{counted}; its instructions are {NOTHING}.")
    if platform.machine().lower() not in ("x86_64", "amd64"):
        has_bf16 = "with" if "bf16" in flags else "without"
        return passed("Processor", f"{counted}, {has_bf16} BF16. The times in the documentation are of x86 processors.")
    there = [name for flag, (name, _) in INSTRUCTIONS.items() if _has(flags, flag)]
    lacks = [f"without {name} {slower}" for flag, (name, slower) in INSTRUCTIONS.items() if not _has(flags, flag)]
    few = ["one core does all the work"] if cores < 2 else []
    seen = f"{counted}; {', '.join(there) or 'none of the fast instructions'}"
    return passed("Processor", "; ".join([seen, *few, *lacks]) + ".")


def _has(flags: frozenset[str], name: str) -> bool:
    return bool(flags & {"avx512_bf16", "amx_bf16"}) if name == "bf16" else name in flags


def _flags(proc: Path) -> frozenset[str] | None:
    """The first core's instructions; None if the system does not list them."""
    try:
        text = (proc / "cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        name, _, values = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return frozenset(values.split())
    return None


def _meminfo(proc: Path) -> Iterator[tuple[str, int]]:
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        name, _, rest = line.partition(":")
        value = rest.split()
        if value and value[0].isdigit():
            yield name, int(value[0]) * 1024


def _limit_files(proc: Path, cgroups: Path) -> Iterator[Path]:
    """The files with the memory limits of this process's group and of each group above it."""
    try:
        groups = (proc / "self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in groups:
        _, controllers, group = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, name = (cgroups / "memory", "memory.limit_in_bytes") if controllers else (cgroups, "memory.max")
        for place in (PurePosixPath(group), *PurePosixPath(group).parents):
            yield root / str(place).strip("/") / name


def _number(path: Path) -> int | None:
    """The number in a file; None if it is "max", or so large that it means no limit."""
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < 1 << 60 else None


def _gb(size: int) -> str:
    return f"{size / GB:,.1f} GB"
