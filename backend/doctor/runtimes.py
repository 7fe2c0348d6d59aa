"""The GPU, LiteRT-LM for the browser, and LiteRT-LM on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from backend import browser_runtime
from backend.doctor.finding import Finding, failed, passed, unknown
from backend.doctor.packages import TRAINING, how_to_install, installed
from backend.doctor.places import ROOT
from backend.doctor.processes import NoAnswer, run_check

GPU_CHECK = "job_templates/gpu_check.py"
GPU_SECONDS = 120.0
"""Most of this time is needed to load torch from a disk without a cache."""
RUNTIME_CHECK = "job_templates.ml.litert.runtime.runtime_check"
RUNTIME_SECONDS = 60.0
LITERT = ("litert-lm-api", "litert-lm-builder", "ai-edge-litert", "sentencepiece")
DEVICES = (Path("/dev/nvidiactl"), Path("/dev/nvidia0"), Path("/proc/driver/nvidia/version"), Path("/dev/dxg"))
"""Files of an NVIDIA driver; the last one exists on Windows Subsystem for Linux."""
NOT_LOCAL = "requirements-local.txt is not installed"


def check_gpu(devices: Sequence[Path] = DEVICES) -> Finding:
    """Runs one operation on the GPU if one of the paths `devices` or nvidia-smi exists, which means an NVIDIA GPU."""
    if not any(device.exists() for device in devices) and shutil.which("nvidia-smi") is None:
        return passed("GPU", "There is no NVIDIA GPU here, so training uses the processor.")
    if installed("torch") is None:
        return unknown("GPU", f"There is an NVIDIA GPU, but {NOT_LOCAL}.", how_to_install(TRAINING))
    then = "Training uses the processor. To use the GPU, install the NVIDIA driver for torch's CUDA, then check again."
    try:
        ok, message = run_check([GPU_CHECK], GPU_SECONDS)
    except NoAnswer as error:
        return failed("GPU", f"The operation in float16 failed. {error}", then)
    return passed("GPU", f"{message}. An operation in float16 is correct.") if ok else failed("GPU", message, then)


def check_browser_runtime(root: Path = ROOT) -> Finding:
    """Checks that the page can run exported files in the user's browser."""
    title, root = "Browser runtime", browser_runtime.runtime_root(root)
    wanted, there = browser_runtime.pinned(root), browser_runtime.installed(root)
    core = browser_runtime.PACKAGES["core"]
    if browser_runtime.is_installed(root):
        return passed(title, f"{core} {wanted['core']} is installed as pinned.")
    then = "Start scripts/run again" + (", which installs it." if shutil.which("npm") else " once npm is installed.")
    without = "Exported files run on the server only, not in the browser."
    if there["core"] is None:
        return failed(title, f"{core} {wanted['core']} is not installed. {without}", then)
    if there != wanted:
        differing = [f"{browser_runtime.PACKAGES[name]} is {there[name]}, not {wanted[name]}" for name in wanted]
        differing = [line for name, line in zip(wanted, differing, strict=True) if there[name] != wanted[name]]
        return failed(title, f"{'; '.join(differing)}. {without}", then)
    return failed(title, f"The installation of {core} is incomplete. {without}", then)


def check_litert() -> Finding:
    """Makes a tiny file, opens it in LiteRT-LM, and checks that it answers, in a separate process."""
    title = "LiteRT-LM runtime"
    if missing := [name for name in LITERT if installed(name) is None]:
        return unknown(title, f"{', '.join(missing)} is missing, because {NOT_LOCAL}.", how_to_install(TRAINING))
    then = "Exported files cannot run on this machine. Run them in the browser or on a phone."
    try:
        ok, message = run_check(["-m", RUNTIME_CHECK], RUNTIME_SECONDS)
    except NoAnswer as error:
        return failed(title, f"A tiny file could not be opened. {error}", then)
    return passed(title, message) if ok else failed(title, message, then)
