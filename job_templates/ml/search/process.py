"""Starts the process of one trial, and reads its result."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from backend.document import Field
from backend.jobs import clean
from backend.runs import Run, RunConfig, read_json
from backend.trials import Trial
from job_templates.ml.search.trial import RESULT

ROOT = Path(__file__).resolve().parents[3]
GRACE_SECONDS = 10.0
LONGEST_LINE = 300


def run_trial(folder: Path, config: RunConfig, dataset: Path, tools: Path, limit: float | None) -> Trial:
    """Train and score the run in `folder`, which is made if it is missing; returns how it ended.

    A trial that takes longer than `limit` seconds is cut off, and counts as skipped. Its process ends with this one.
    """
    if not (folder / "run.json").is_file():
        Run.create(folder, config, dataset, tools)
    start = time.monotonic()
    errors = folder / "errors.log"
    with errors.open("wb") as log:
        command = [sys.executable, "-m", "job_templates.ml.search.trial", str(folder)]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=log)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
    seconds = round(time.monotonic() - start, 2)
    if code is None:
        return Trial(0, 0.0, 0, "skipped", seconds, message=f"It was cut off after {seconds:.0f} seconds.")
    if code:
        return Trial(0, 0.0, 0, "failed", seconds, message=_reason(errors, code))
    result = Field(str(folder / RESULT), read_json(folder / RESULT))
    wrong = tuple(one.text() for one in result["wrong"].list())
    return Trial(0, 0.0, 0, "done", seconds, result["match"].share(), result["rows"].count(), wrong)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Terminate the process if it still runs, and kill it if it does not end in time."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _reason(log: Path, code: int) -> str:
    """The error that the process printed."""
    printed = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = next((line for line in printed if line.startswith("error: ")), f"it ended with exit code {code}")
    return clean(found.removeprefix("error: "))[:LONGEST_LINE]
