"""One small model, trained and exported once for all tests that need a checkpoint or a `.litertlm` file."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.runs import Run

ROOT = Path(__file__).resolve().parents[1]


def run_script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one of the job scripts to its end."""
    command = [sys.executable, ROOT / "job_templates" / f"{name}.py", *arguments]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def exported_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A starter trained for 160 steps on 60 hiking rows, and its export; logs/export.log is what export.py printed."""
    trained = trained_run_of(tmp_path_factory)
    path = trained.path.parent / "exported-run"
    with _locked(path.with_suffix(".lock")):
        if not (path / "logs" / "export.log").is_file():
            shutil.copytree(trained.path, path, dirs_exist_ok=True)
            _export(path)
    return Run.open(path)


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same starter without its export."""
    return trained_run_of(tmp_path_factory)


def trained_run_of(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The trained starter, made by the test process that comes first."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    path = shared / "trained-run"
    with _locked(path.with_suffix(".lock")):
        if not (path / "training.json").is_file():
            _train(path)
    return Run.open(path)


def _train(path: Path) -> None:
    examples = ROOT / "examples"
    inputs = ("--dataset", examples / "hiking.csv", "--tools", examples / "tools.json", "--output-repo", path)
    size = ("--max-examples", "60", "--epochs", "20", "--batch-size", "8", "--lr", "2e-3", "--off-topic-share", "0.2")
    trained = run_script("train", *inputs, *size)
    assert trained.returncode == 0, trained.stdout + trained.stderr


def _export(path: Path) -> None:
    exported = run_script("export", "--model", path)
    assert exported.returncode == 0, exported.stdout + exported.stderr
    log = path / "logs" / "export.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(exported.stdout + exported.stderr, encoding="utf-8")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep the other test processes waiting: the first makes the run, the rest find it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
