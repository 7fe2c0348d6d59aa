# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
#     "pandas==3.1.1",
#     "pyarrow==26.0.1",
#     "python-calamine==0.9.1",
#     "numpy==2.4.6",
#     "jinja2==3.1.6",
#     "sentencepiece==0.2.3",
#     "protobuf==7.36.2",
#     "tokenizers==0.23.3",
#     "scikit-learn==1.9.1",
#     "wordfreq==3.1.1",
#     "torch==2.13.0",
#     "transformers==5.23.0",
#     "trl==1.16.0",
#     "peft==0.21.2",
#     "datasets==5.2.0",
#     "accelerate==1.15.0",
#     "safetensors==0.8.0",
#     "trackio==0.43.0",
#     "psutil==7.2.2",
#     "litert-torch==0.10.0",
#     "ai-edge-litert==2.3.0",
#     "ai-edge-quantizer==0.10.0",
#     "litert-converter==0.5.0",
#     "litert-lm-api==0.18.1",
#     "litert-lm-builder==0.18.1",
#     "torchao==0.18.0",
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
"""The script of a job on Hugging Face: runs a stage of a run and saves the results in a repository.

--run is a read-only mount with run.json, inputs/, code/ and job.json, which holds the attempt and the stage's further
arguments, so that no user input is on a command line. The run is copied, and the results of earlier jobs are fetched
from --results. Then the stage's own script runs, and its results are uploaded after every stage. HF_TOKEN must have
write access to --results.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from backend.errors import InputError
from backend.hub import TokenRefused
from backend.jobs import JOBS, KILLED, job_arguments
from backend.jobs.huggingface import MARK
from backend.runs import Run, read_events, read_json, write_json
from job_templates import cli
from job_templates.hub import CHECKED, REFUSED, Saver, copy_code, copy_mounted, fetch_earlier, require_gpu

POLL_SECONDS = 0.25
GRACE_SECONDS = 10.0
LATE = (
    "Hugging Face no longer accepts the login that started this job, so nothing was done. Log in again, then start the "
    "job again."
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the mounted run")
    command.add_argument(
        "--stage", choices=JOBS, required=True, help="the stage to run; pipeline runs all three, sweep the search"
    )
    command.add_argument("--results", required=True, metavar="USER/NAME", help="the repository for the results")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code of its script.

    Raises InputError if the machine's GPU cannot be used, the run cannot be read, or the results cannot be saved.
    """
    arguments = parser().parse_args(argv)
    require_gpu(os.environ)
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise InputError("HF_TOKEN is missing, so the results cannot be saved. Pass it as a secret of the job.")
    order = read_json(arguments.run / "job.json")
    with tempfile.TemporaryDirectory(prefix="job-", ignore_cleanup_errors=True) as folder:
        run = copy_mounted(arguments.run, Path(folder) / "run")
        extra = [str(part) for part in order.get("arguments") or ()]
        scripts = copy_code(Path(folder) / "code")
        _fetch(run, arguments.results, token, resume="--resume" in extra)
        code = _work(scripts, run, arguments.stage, extra, Saver(run, arguments.results, token))
        report = {"schema": 1, "attempt": order.get("attempt"), "job_id": os.environ.get("JOB_ID"), "exit_code": code}
        write_json(run.path / "jobs" / f"{arguments.stage}.json", report)
        Saver(run, arguments.results, token).save_all()
    write_event({"event": "job", "stage": arguments.stage, "state": "ended", "exit_code": code})
    return code


def write_event(event: dict[str, Any]) -> None:
    """Print an event for the app, which reads the log."""
    cli.say(MARK + json.dumps(event))


def _fetch(run: Run, results: str, token: str, *, resume: bool) -> None:
    """Fetch the results of earlier jobs. Raises InputError, with a message of its own if the login has ended."""
    try:
        fetch_earlier(run, results, token, resume=resume)
    except TokenRefused as error:
        raise InputError(LATE) from error


def _work(scripts: Path, run: Run, stage: str, extra: Sequence[str], saver: Saver) -> int:
    """Run the stage's script to its end, print its events and save its results. Raises InputError if the login ends."""
    offset = _end_of_events(run)
    child = subprocess.Popen(
        [sys.executable, str(scripts / f"{stage}.py"), *job_arguments(run, stage), *extra],
        stdin=subprocess.DEVNULL,
        cwd=run.path.parent,
        env={**os.environ, CHECKED: "1"},
    )
    try:
        with saver:
            while child.poll() is None:
                time.sleep(POLL_SECONDS)
                offset = _write_new_events(run, offset, saver)
                if saver.refused:
                    raise InputError(REFUSED.format(repo=saver.repo_id))
            _write_new_events(run, offset, saver)
    finally:
        _end(child)
    if child.returncode == -signal.SIGKILL:
        print(f"error: {KILLED}", file=sys.stderr)
    return 0 if child.returncode == 0 else max(child.returncode, 1)


def _end_of_events(run: Run) -> int:
    """The offset in the metrics at which the events of earlier jobs end, in bytes."""
    offset = 0
    while (more := read_events(run.metrics_path, offset)[1]) > offset:
        offset = more
    return offset


def _write_new_events(run: Run, offset: int, saver: Saver) -> int:
    events, offset = read_events(run.metrics_path, offset)
    for event in events:
        write_event(event)
    if any(event["event"] == "stage" and event.get("state") != "started" for event in events):
        saver.save_soon()
    saver.save_unfinished()
    return offset


def _end(child: subprocess.Popen[bytes]) -> None:
    """Terminate the script, and kill it if it does not end in time."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    cli.run(main)
