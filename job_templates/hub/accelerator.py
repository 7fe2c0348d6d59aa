"""Whether the GPU that a job on Hugging Face is billed for can be used."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from backend.errors import InputError
from job_templates.cli import say
from job_templates.gpu_check import NO_CODE

CHECK = Path(__file__).resolve().parents[1] / "gpu_check.py"
CHECK_SECONDS = 45.0
"""How long the operation may take, with the start of its process: a job without a usable GPU ends within a minute."""
CPU_ALONE = ("", "none")
CHECKED = "FGT_GPU_CHECKED"
"""Set for the processes that a job starts after the check, so that none repeats it."""
NOTHING_DONE = "No data was fetched and nothing was trained."
AGAIN = (
    "Start the job again, because it can get another machine. If it fails again, choose another kind of machine, or "
    "one without a GPU."
)
OTHER_KIND = "Choose another kind of machine: every machine of this kind has the same GPU."


def accelerator(environment: Mapping[str, str]) -> str | None:
    """The accelerator of the job's machine by ACCELERATOR; None on a CPU machine, and outside of a job."""
    named = environment.get("ACCELERATOR", "").strip()
    return named if environment.get("JOB_ID") and named.lower() not in CPU_ALONE else None


def require_gpu(environment: Mapping[str, str], seconds: float = CHECK_SECONDS) -> None:
    """Make one operation on the GPU in a process of its own if the job's machine has one; InputError if it fails."""
    named = accelerator(environment)
    if named is None or environment.get(CHECKED):
        return
    try:
        done = subprocess.run(
            [sys.executable, str(CHECK)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        told = f"The job's GPU ({named}) gave no answer within {seconds:.0f} seconds. {NOTHING_DONE} {AGAIN}"
        raise InputError(told) from error
    if done.returncode:
        said = _said(done)
        then = OTHER_KIND if said.startswith(NO_CODE) else AGAIN
        raise InputError(f"The job's GPU ({named}) cannot be used. {said} {NOTHING_DONE} {then}")
    say(done.stdout.strip())


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """The reason that the check printed, or how its process ended."""
    lines = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
    return lines[-1] if lines else f"The operation ended its process with code {done.returncode}."
