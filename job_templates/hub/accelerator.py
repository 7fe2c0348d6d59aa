"""The check that a job can use the GPU that it is billed for."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from backend.errors import InputError
from backend.script_process import run_script
from job_templates.cli import say
from job_templates.gpu_check import NO_CODE

CHECK = "job_templates/gpu_check.py"
CHECK_SECONDS = 45.0
"""The most seconds for the operation and the start of its process. A job without a usable GPU ends within a minute."""
CPU_ALONE = ("", "none")
CHECKED = "FGT_GPU_CHECKED"
"""The environment variable that a job sets for the processes after the check, so that they do not repeat it."""
NOTHING_DONE = "No data was fetched and nothing was trained."
AGAIN = (
    "Start the job again, because it can get another machine. If it fails again, choose another kind of machine, or "
    "one without a GPU."
)
OTHER_KIND = "Choose another kind of machine: every machine of this kind has the same GPU."


def accelerator(environment: Mapping[str, str]) -> str | None:
    """Returns the accelerator of the job's machine, from ACCELERATOR; None on a CPU machine, and outside of a job."""
    named = environment.get("ACCELERATOR", "").strip()
    return named if environment.get("JOB_ID") and named.lower() not in CPU_ALONE else None


def require_gpu(environment: Mapping[str, str], seconds: float = CHECK_SECONDS) -> None:
    """Run one operation on the GPU in a separate process, if the job's machine has a GPU.

    Raises InputError if the operation fails, or takes longer than `seconds`.
    """
    named = accelerator(environment)
    if named is None or environment.get(CHECKED):
        return
    try:
        done = run_script([CHECK], seconds)
    except subprocess.TimeoutExpired as error:
        problem = f"The job's GPU ({named}) gave no answer within {seconds:.0f} seconds. {NOTHING_DONE} {AGAIN}"
        raise InputError(problem) from error
    if done.code:
        reason = done.reported_error or f"The operation ended its process with code {done.code}."
        then = OTHER_KIND if reason.startswith(NO_CODE) else AGAIN
        raise InputError(f"The job's GPU ({named}) cannot be used. {reason} {NOTHING_DONE} {then}")
    say(done.stdout.strip())
