"""The check that a job on a GPU machine makes before anything else, as real processes; no GPU is visible to them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.errors import InputError
from job_templates.gpu_check import NO_CODE
from job_templates.hub.accelerator import AGAIN, CHECKED, NOTHING_DONE, OTHER_KIND, accelerator, require_gpu
from tests.conftest import ROOT

ON_GPU = {"JOB_ID": "abc", "ACCELERATOR": "t4-small"}
NO_GPU = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}


def started(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "job_templates" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**NO_GPU, **environment}, check=False)


def test_the_check_names_the_driver_the_torch_and_its_cuda() -> None:
    done = started("gpu_check.py")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "NVIDIA driver" in done.stderr
    assert "torch 2.13.0" in done.stderr
    assert "built for CUDA" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "script",
    # All begin in the same way (job_templates/cli.py).
    ["train.py", *(pytest.param(name, marks=pytest.mark.slow) for name in ("evaluate.py", "pipeline.py"))],
)
def test_a_script_on_a_gpu_machine_ends_before_it_reads_any_data(script: str) -> None:
    rows = ("--model", "nowhere") if script == "evaluate.py" else ("--dataset", "no/data", "--output-repo", "no/repo")
    tools = () if script == "evaluate.py" else ("--tools", "nowhere.json")
    done = started(script, *rows, *tools, **ON_GPU, HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "The job's GPU (t4-small) cannot be used." in done.stderr
    assert "choose another kind of machine" in done.stderr
    assert "127.0.0.1" not in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ACCELERATOR": "t4-small"},
        {"JOB_ID": "abc"},
        {"JOB_ID": "abc", "ACCELERATOR": ""},
        {"JOB_ID": "abc", "ACCELERATOR": "none"},
        {**ON_GPU, CHECKED: "1"},
    ],
)
def test_without_a_gpu_to_use_nothing_is_checked(environment: dict[str, str]) -> None:
    require_gpu(environment, seconds=0)


def test_a_gpu_that_gives_no_answer_ends_the_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PYTHONPATH puts a torch in place that takes a minute and then finds no fault: who waits that long is not told."""
    (tmp_path / "torch.py").write_text("import os, time\ntime.sleep(60)\nos._exit(0)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert accelerator(ON_GPU) == "t4-small"
    with pytest.raises(InputError, match=r"gave no answer within 0 seconds\. No data was fetched"):
        require_gpu(ON_GPU, seconds=0.001)


def test_a_check_that_dies_says_with_which_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a driver that ends the process with a signal: PYTHONPATH puts a torch in place that does."""
    (tmp_path / "torch.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InputError, match="ended its process with code -11"):
        require_gpu(ON_GPU)


def test_the_product_on_a_device_is_close_to_the_one_in_float32() -> None:
    import torch

    from job_templates.gpu_check import TOLERANCE, _operate

    assert _operate(torch.device("cpu")) <= TOLERANCE


TORCH = """
__version__, float16 = "2.13.0+cu126", None
class version: cuda = "12.6"
def device(name): return name
def linspace(*_): raise RuntimeError({said!r})
"""


@pytest.mark.parametrize(
    ("said", "reason", "then"),
    [
        ("CUDA error: no kernel image is available for execution on the device", NO_CODE, OTHER_KIND),
        ("The NVIDIA driver on your system is too old (found version 11040).", "The NVIDIA driver is too old", AGAIN),
        ("CUDA error: unspecified launch failure", "The GPU cannot be used", AGAIN),
    ],
)
def test_the_next_step_fits_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, reason: str, then: str
) -> None:
    """A torch that fails as the real one does, and a driver that is there: NVIDIA's tool tells its version."""
    (tmp_path / "torch.py").write_text(TORCH.format(said=said))
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho 535.161.08\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError) as told:
        require_gpu(ON_GPU)
    message = str(told.value)
    assert f"{reason} " in message
    assert "(NVIDIA driver 535.161.08, torch 2.13.0+cu126, built for CUDA 12.6). torch reports: " in message
    assert message.endswith(f"{said.rstrip('.')}. {NOTHING_DONE} {then}")
