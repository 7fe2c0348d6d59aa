# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "torch==2.13.0",
# ]
#
# [tool.uv.sources]
# torch = { index = "pytorch-cu126", marker = "sys_platform == 'linux' and platform_machine == 'x86_64'" }
#
# [[tool.uv.index]]
# name = "pytorch-cu126"
# url = "https://download.pytorch.org/whl/cu126"
# explicit = true
# ///
"""Multiply two matrices in float16 on the GPU, and print the GPU, its driver and the CUDA version of torch.

Exits with 1 and the reason if this torch cannot use the GPU. `torch.cuda.is_available()` is not enough: it can be true
although the first operation fails. A job runs this in a separate process, because a failed operation can end it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

import argparse
import re
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.errors import InputError
from job_templates import cli

if TYPE_CHECKING:
    import torch

SIZE = 256
TOLERANCE = 0.01
"""The largest difference from the CPU's product in float32, as a share of its largest element: float16 has 11 bits."""
NO_CODE = "This torch has no code for this kind of GPU"
DRIVER_FILE = Path("/proc/driver/nvidia/version")
DRIVER = re.compile(r"\b\d{3}\.\d+(?:\.\d+)?\b")
NVIDIA_SMI = ("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
SMI_SECONDS = 10.0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    return argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the GPU and its driver. Raises InputError if the operation fails."""
    parser().parse_args(argv)
    try:
        import torch
    except (ImportError, OSError) as error:
        raise InputError(f"torch could not be loaded: {error}. NVIDIA driver: {driver()}.") from error
    versions = f"NVIDIA driver {driver()}, torch {torch.__version__}, built for CUDA {torch.version.cuda}"
    try:
        difference = _operate(torch.device("cuda"))
    except (RuntimeError, AssertionError) as error:
        reported = str(error).strip().partition("\n")[0].rstrip(".")
        raise InputError(f"{_reason(reported)} ({versions}). torch reports: {reported}.") from error
    if not difference <= TOLERANCE:  # also if it is not a number
        raise InputError(f"The GPU multiplied wrongly: the result is off by {difference:.1%} ({versions}).")
    major, minor = torch.cuda.get_device_capability()
    cli.say(f"GPU: {torch.cuda.get_device_name()}, compute capability {major}.{minor} ({versions})")


def driver() -> str:
    """The version of the NVIDIA driver, such as 550.54.15; "none" if there is none."""
    try:
        text = DRIVER_FILE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = _nvidia_smi()
    found = DRIVER.search(text)
    return found[0] if found else "none"


def _nvidia_smi() -> str:
    try:
        return subprocess.run(NVIDIA_SMI, capture_output=True, text=True, timeout=SMI_SECONDS, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _operate(device: torch.device) -> float:
    """The largest relative difference between a float16 product on the device and the float32 one on the CPU."""
    import torch

    left, right = (torch.linspace(-1, 1, SIZE * SIZE).reshape(SIZE, SIZE).half() for _ in range(2))
    product = (left.to(device) @ right.to(device)).float().cpu()  # the copy waits for the operation
    expected = left.float() @ right.float()
    return float((product - expected).abs().max() / expected.abs().max())


def _reason(reported: str) -> str:
    """The cause in plain words, from the message of torch and the driver of the machine."""
    import torch

    if torch.version.cuda is None:
        return "This torch is built for CPUs only"
    if driver() == "none":
        return "This machine has no NVIDIA driver that the job can see"
    if "driver" in reported.lower():
        return "The NVIDIA driver is too old for this torch"
    if "kernel image" in reported or "capability" in reported:
        return NO_CODE
    return "The GPU cannot be used"


if __name__ == "__main__":
    cli.run(main)
