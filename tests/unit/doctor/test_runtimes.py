"""What runs in processes of its own: a GPU's operation, LiteRT-LM; and the browser's runtime in node_modules."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend import browser_runtime
from backend.doctor import packages
from backend.doctor.finding import Outcome
from backend.doctor.packages import check_python, fits
from backend.doctor.processes import NoAnswer, run_check
from backend.doctor.runtimes import check_browser_runtime, check_gpu, check_litert
from tests.conftest import ROOT


def _run(script: str, seconds: float = 60.0) -> tuple[bool, str]:
    return run_check(["-c", script], seconds)


def test_a_process_says_its_last_line_or_its_error() -> None:
    assert _run("print('one'); print('two')") == (True, "two")
    assert _run("import sys; sys.exit('error: no. Do this.')") == (False, "no. Do this.")
    assert _run("raise SystemExit(7)") == (False, "It ended with code 7.")


def test_a_process_that_dies_or_hangs_takes_nobody_with_it() -> None:
    with pytest.raises(NoAnswer, match="SIGSEGV"):
        _run("import os; os.kill(os.getpid(), 11)")
    with pytest.raises(NoAnswer, match="not answer within 0 seconds"):
        _run("while True: pass", 0.1)


def test_without_a_gpu_there_is_nothing_to_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = check_gpu(devices=())
    assert found.outcome is Outcome.PASSED
    assert "no NVIDIA GPU" in found.seen


def test_a_gpu_that_torch_cannot_use_is_told_as_a_job_tells_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name of NVIDIA's tool is enough to look; the operation then fails, as no GPU is shown to it."""
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = check_gpu()
    assert found.outcome is Outcome.FAILED
    assert "torch 2.13.0" in found.seen
    assert "NVIDIA driver" in found.next


def test_litert_opens_and_runs_a_file() -> None:
    found = check_litert()
    assert found.outcome is Outcome.PASSED, found.seen
    assert "its answer is right" in found.seen


def test_a_runtime_that_dies_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "litert_lm.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = check_litert()
    assert found.outcome is Outcome.FAILED
    assert "SIGILL" in found.seen


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A lock file, and node_modules as npm leaves them."""
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    for short, version in browser_runtime.pinned(tmp_path).items():
        package = tmp_path / "node_modules" / browser_runtime.PACKAGES[short] / "package.json"
        package.parent.mkdir(parents=True)
        package.write_text(json.dumps({"version": version}))
    (tmp_path / "node_modules/.package-lock.json").write_text("{}")
    return tmp_path


def test_the_browser_s_runtime_is_held_against_its_pin(checkout: Path) -> None:
    assert check_browser_runtime(checkout).outcome is Outcome.PASSED
    core = checkout / "node_modules/@litert-lm/core/package.json"
    core.write_text('{"version": "0.0.1"}')
    assert "@litert-lm/core is 0.0.1, not " in check_browser_runtime(checkout).seen
    core.write_text("[]")
    assert "is not installed" in check_browser_runtime(checkout).seen
    core.unlink()
    found = check_browser_runtime(checkout)
    assert (found.outcome, "run on the server only" in found.seen) == (Outcome.FAILED, True)


def test_half_an_installation_is_told_as_one(checkout: Path) -> None:
    (checkout / "node_modules/.package-lock.json").unlink()
    found = check_browser_runtime(checkout)
    assert (found.outcome, "is incomplete" in found.seen) == (Outcome.FAILED, True)


@pytest.mark.parametrize(
    ("version", "fit"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 9), True), ((3, 14, 0), False)]
)
def test_the_bounds_of_python_are_those_of_the_project(version: tuple[int, int, int], fit: bool) -> None:
    assert fits(version, ">=3.11,<3.14") is fit
    assert (check_python(version).outcome is Outcome.PASSED) is fit


def test_another_python_than_that_of_the_checkout_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setattr(packages, "venv_python", lambda: python)
    monkeypatch.setattr(packages, "installed", lambda _name: None)
    assert "Run the doctor with .venv/bin/python" in packages.check_page_packages().next


def test_the_tiny_file_is_really_asked(tmp_path: Path) -> None:
    """What the check of the runtime compares can fail: with other words, and with a damaged file."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom backend.errors import InputError\n"
        "from job_templates.ml.litert.runtime.runtime_check import check_file, make_file\n"
        "path = Path(sys.argv[1])\nfirst, wanted = make_file(path)\n"
        "assert (first, wanted.split()) == ('one', ['two', 'three'])\n"
        "for change in (None, 'words', 'bytes'):\n"
        "    if change == 'bytes': path.write_bytes(path.read_bytes()[:40_000])\n"
        "    try:\n        check_file(path, first, 'four' if change == 'words' else wanted)\n"
        "    except InputError as error:\n        print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "tiny.litertlm")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A test file was opened")
    assert "but the file's answer is 'four'" in lines[1]
    assert "cannot open tiny.litertlm" in lines[2]
