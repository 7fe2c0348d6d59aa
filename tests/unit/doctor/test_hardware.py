"""Memory, control groups and instructions, as Linux tells them in files."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from backend.doctor.finding import Outcome
from backend.doctor.hardware import check_cores, check_memory, memory_limit

GB = 10**9


def _proc(folder: Path, total: float, available: float, cgroup: str = "0::/") -> Path:
    (folder / "self").mkdir(parents=True, exist_ok=True)
    lines = f"MemTotal: {int(total * GB / 1024)} kB\nMemAvailable: {int(available * GB / 1024)} kB\n"
    (folder / "meminfo").write_text(lines)
    (folder / "self/cgroup").write_text(cgroup + "\n")
    return folder


def test_enough_memory_passes_and_says_what_needs_it(tmp_path: Path) -> None:
    found = check_memory(_proc(tmp_path, 16, 12), tmp_path / "none")
    assert found.outcome is Outcome.PASSED
    assert found.seen.startswith("16.0 GB, 12.0 GB available; at 270M parameters")


@pytest.mark.parametrize(
    ("total", "available", "told"), [(4, 4, "use a machine with at least 5 GB"), (16, 3, "Close other programs")]
)
def test_too_little_memory_says_what_to_do(tmp_path: Path, total: float, available: float, told: str) -> None:
    found = check_memory(_proc(tmp_path, total, available), tmp_path / "none")
    assert found.outcome is Outcome.FAILED
    assert told in found.next


def test_a_container_s_limit_counts(tmp_path: Path) -> None:
    proc, groups = _proc(tmp_path / "proc", 64, 60, "0::/a/b"), tmp_path / "groups"
    (groups / "a/b").mkdir(parents=True)
    (groups / "a/b/memory.max").write_text("max\n")
    assert memory_limit(proc, groups) is None
    (groups / "a/memory.max").write_text(f"{2 * GB}\n")  # of a group above it
    found = check_memory(proc, groups)
    assert found.outcome is Outcome.FAILED
    assert "64.0 GB, limited to 2.0 GB by its container, 2.0 GB available" in found.seen


def test_a_limit_of_the_first_version_counts_too(tmp_path: Path) -> None:
    proc, groups = _proc(tmp_path / "proc", 64, 60, "5:cpu,memory:/job\n3:pids:/job"), tmp_path / "groups"
    (groups / "memory/job").mkdir(parents=True)
    (groups / "memory/memory.limit_in_bytes").write_text("9223372036854771712\n")  # what stands for none
    assert memory_limit(proc, groups) is None
    (groups / "memory/job/memory.limit_in_bytes").write_text(f"{8 * GB}\n")
    assert memory_limit(proc, groups) == 8 * GB


def test_a_system_that_tells_nothing_could_not_be_checked(tmp_path: Path) -> None:
    assert check_memory(tmp_path, tmp_path).outcome is Outcome.UNKNOWN
    assert check_cores(tmp_path).outcome is Outcome.UNKNOWN


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the instructions are those of x86")
def test_missing_instructions_are_told_with_what_they_cost(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags : fpu avx2 avx512f avx512_vnni avx512_bf16\n")
    assert check_cores(tmp_path).seen.endswith("AVX2, AVX-512, VNNI, BF16.")
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags : fpu avx2\n")
    found = check_cores(tmp_path)
    assert found.outcome is Outcome.PASSED
    assert "; AVX2; without AVX-512 training is slower; " in found.seen
    assert "without BF16 training uses float32" in found.seen
