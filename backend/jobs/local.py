"""Jobs on this machine, one at a time, each under a supervisor that outlives the app."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from backend import locks
from backend.errors import InputError
from backend.files import disk_errors
from backend.jobs import queue
from backend.jobs.commands import job_arguments
from backend.jobs.logs import read_log
from backend.jobs.states import JobState, read_state, write_state
from backend.runs import Run

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
LEAVING_SECONDS = 10.0
"""The most seconds that a supervisor takes to end after its last state, on a busy machine."""


class LocalRunner:
    """Runs `job_templates/STAGE.py` in separate processes; a second job waits for the first.

    `scripts` is the folder of the jobs' scripts. `queue_folder` holds the queue, by default in the folder of the runs.
    `grace_seconds` is the time between SIGTERM and SIGKILL of a cancelled job.
    """

    def __init__(
        self, scripts: Path = ROOT / "job_templates", queue_folder: Path | None = None, grace_seconds: float = 10.0
    ) -> None:
        self._scripts = scripts
        self._queue_folder = queue_folder
        self._grace_seconds = grace_seconds

    def submit(self, run: Run, stage: str, extra_args: Sequence[str] = ()) -> JobState:
        """Start a job, or put it in the queue. Raises InputError if it is already active or cannot be started."""
        command = [sys.executable, str(self._script(stage)), *job_arguments(run, stage), *extra_args]
        lock = _lock(run, stage)
        try:
            ticket = queue.enter(self._queue_folder or run.path.parent / ".queue")
            try:
                cancel_path(run, stage).unlink(missing_ok=True)
                write_state(run, stage, JobState("queued"))
                self._supervise(run, stage, command, lock, ticket)
            finally:
                ticket.close()
        finally:
            os.close(lock)
        return read_state(run, stage) or JobState("queued")

    def state(self, run: Run, stage: str) -> JobState | None:
        """The state of the job; None if it was never started, `lost` if its supervisor died."""
        job_arguments(run, stage)
        return read_state(run, stage)

    def log(self, run: Run, stage: str, offset: int = 0) -> tuple[str, int]:
        """The job's output after byte `offset`, at most the newest 256 KiB, and the next offset."""
        job_arguments(run, stage)
        return read_log(run.log_path(stage), offset)

    def cancel(self, run: Run, stage: str) -> JobState:
        """Stop the job and all its processes: SIGTERM, and SIGKILL if it has not ended after the grace time."""
        state = self.state(run, stage)
        if state is None:
            raise InputError(f"Run {run.name!r} has no {stage} job to cancel.")
        if not state.active:
            return state
        with disk_errors(cancel_path(run, stage)):
            cancel_path(run, stage).touch()
        deadline = time.monotonic() + self._grace_seconds + 5
        while state is not None and state.active and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            state = read_state(run, stage)
        return state or JobState("cancelled")

    def _script(self, stage: str) -> Path:
        script = self._scripts / f"{stage}.py"
        if not script.is_file():
            raise InputError(f"There is no job {stage!r}: {script} is missing.")
        return script

    def _supervise(self, run: Run, stage: str, command: list[str], lock: int, ticket: queue.Ticket) -> None:
        """Start the supervisor; it inherits the stage's lock and the ticket and holds both until it ends."""
        order = {
            "run": str(run.path),
            "stage": stage,
            "command": command,
            "folder": str(Path.cwd()),
            "ticket": str(ticket.path),
            "ticket_descriptor": ticket.descriptor,
            "grace_seconds": self._grace_seconds,
        }
        log = run.log_path(stage)
        with disk_errors(log):
            log.parent.mkdir(exist_ok=True)
            log.write_bytes(b"")
        with disk_errors(ROOT, "start a job from"), log.open("ab") as errors:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "backend.jobs.supervise", json.dumps(order)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                pass_fds=(lock, ticket.descriptor),
            )
        threading.Thread(target=supervisor.wait, name=f"wait-{stage}", daemon=True).start()


def _lock(run: Run, stage: str) -> int:
    """The stage's lock; a supervisor that has written its last state holds it for a short time after that."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while (lock := locks.take(run.lock_path(stage))) is None:
        state = read_state(run, stage)
        if state is None or state.active or time.monotonic() > deadline:
            raise InputError(f"Run {run.name!r} already has a {stage} job. Wait for it to end, or cancel it.")
    return lock


def cancel_path(run: Run, stage: str) -> Path:
    """Returns the path of the file whose existence tells the supervisor to stop the job."""
    return run.path / "stages" / f"{stage}.cancel"
