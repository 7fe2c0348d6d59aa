"""The supervisor of a local job: waits for its turn, starts it, writes its log and state, stops it on request.

LocalRunner starts it as `python -m backend.jobs.supervise ORDER` in a session of its own, so that it outlives the app.
It holds the stage's lock and its queue ticket until it ends; if they are free, the supervisor has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from backend.errors import InputError
from backend.jobs.local import cancel_path
from backend.jobs.logs import CANCELLED, KILLED, LogWriter, environment_secrets, failure_reason
from backend.jobs.queue import Ticket
from backend.jobs.states import JobState, write_state
from backend.runs import Run

POLL_SECONDS = 0.2
LAST_STATE_SECONDS = 600.0
JOB_ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    "TQDM_DISABLE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
AUTOGROUP = Path("/proc/self/autogroup")  # Linux, sched(7): the priority of a session (here: the job)
NICENESS = 5
"""A third of the app's weight, so that the app answers during a training; without other load a job loses nothing."""


class Supervisor:
    """One job from its place in the queue to its end."""

    def __init__(self, run: Run, stage: str, ticket: Ticket, grace_seconds: float) -> None:
        self.run = run
        self.stage = stage
        self.ticket = ticket
        self._queued = True
        self.grace_seconds = grace_seconds
        self.state = JobState("queued")
        self.log = LogWriter(run.log_path(stage), environment_secrets())
        self._stop_requested = False
        self._terminated_at: float | None = None
        self._unwritten = False
        self._reported_problem = ""

    def work(self, command: Sequence[str], folder: Path) -> None:
        """Run the job to its end and write its last state, also if the job fails or cannot be started."""
        signal.signal(signal.SIGTERM, self._on_signal)
        try:
            if self._wait_for_turn():
                self._work(command, folder)
            else:
                self._end(JobState("cancelled", message="Cancelled while it waited in the queue."))
        except OSError as error:
            self._end(JobState("failed", self.state.started, message=f"The job could not be started: {error}."))
        finally:
            self._leave()
            self.log.close()

    def _leave(self) -> None:
        if self._queued:
            self._queued = False
            self.ticket.leave()

    def _on_signal(self, *_: object) -> None:
        self._stop_requested = True

    def _stopping(self) -> bool:
        return self._stop_requested or cancel_path(self.run, self.stage).exists()

    def _wait_for_turn(self) -> bool:
        """Wait until no job is before this one; False if it was cancelled first."""
        while ahead := self.ticket.ahead():
            if self._stopping():
                return False
            jobs = "job" if ahead == 1 else "jobs"
            self._change_state(JobState("queued", message=f"Waits for {ahead} {jobs} to end on this machine."))
            time.sleep(POLL_SECONDS)
        return not self._stopping()

    def _work(self, command: Sequence[str], folder: Path) -> None:
        started = time.time()
        job = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **JOB_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_job_preparation(),  # noqa: PLW1509 - this process has one thread
        )
        assert job.stdout is not None
        self._change_state(JobState("running", started))
        self._follow(job, job.stdout)
        _signal_group(job, signal.SIGKILL)  # processes that the job started and did not end
        self.log.finish()
        self._end(_outcome(job.returncode, started, self.log.last_lines, cancelled=self._terminated_at is not None))

    def _follow(self, job: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        """Write the job's output until it ends, and pass on a request to stop."""
        os.set_blocking(output.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while job.poll() is None:
                if selector.get_map():
                    ready = selector.select(POLL_SECONDS)
                    if ready and not self._drain(output):
                        selector.unregister(output)
                else:
                    time.sleep(POLL_SECONDS)
                self._stop_if_requested(job)
                self._write()
            self._drain(output)

    def _drain(self, output: IO[bytes]) -> bool:
        """Write the contents of the pipe, at most 1 MiB; False if it was closed."""
        for _ in range(16):
            try:
                chunk = os.read(output.fileno(), 65536)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self.log.feed(chunk)
        return True

    def _stop_if_requested(self, job: subprocess.Popen[bytes]) -> None:
        now = time.monotonic()
        if self._terminated_at is None:
            if self._stopping():
                self._terminated_at = now
                _signal_group(job, signal.SIGTERM)
        elif now - self._terminated_at > self.grace_seconds:
            _signal_group(job, signal.SIGKILL)

    def _change_state(self, state: JobState) -> None:
        if state == self.state:
            return
        self.state = state
        self._unwritten = True
        self._write()

    def _write(self) -> None:
        """Write the state if it is not written yet; the job goes on if the disk is full."""
        if not self._unwritten:
            return
        try:
            write_state(self.run, self.stage, self.state)
            self._unwritten = False
        except InputError as error:
            if str(error) != self._reported_problem:
                self._reported_problem = str(error)
                self.log.note(self._reported_problem)

    def _end(self, state: JobState) -> None:
        """Write the last state, and try again while the disk is full: a job without a last state counts as lost.

        The next job does not wait for that. A request to stop ends it, so that the run can be deleted.
        """
        was_stopping = self._stopping()
        self._change_state(replace(state, ended=time.time()))
        self._leave()
        deadline = time.monotonic() + LAST_STATE_SECONDS
        while self._unwritten and time.monotonic() < deadline and (was_stopping or not self._stopping()):
            time.sleep(POLL_SECONDS)
            self._write()
        with contextlib.suppress(OSError):
            cancel_path(self.run, self.stage).unlink(missing_ok=True)


def _job_preparation() -> Callable[[], None]:
    """The first call of a job's process: it lowers its priority and, on Linux, makes it end with its supervisor."""
    prctl = ctypes.CDLL(None).prctl if sys.platform.startswith("linux") else None

    def prepare() -> None:
        os.nice(NICENESS)
        with contextlib.suppress(OSError):
            AUTOGROUP.write_text(str(NICENESS), encoding="ascii")
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)

    return prepare


def _signal_group(job: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(job.pid, number)
    except (ProcessLookupError, PermissionError):  # macOS raises the second for a group that has just ended
        return


def _outcome(code: int, started: float, lines: Sequence[str], *, cancelled: bool) -> JobState:
    """The last state of a job that ended with `code`, with its message."""
    if code == 0:
        return JobState("completed", started, exit_code=0)
    if cancelled:
        return JobState("cancelled", started, exit_code=code, message=CANCELLED)
    return JobState("failed", started, exit_code=code, message=_reason(code, lines))


def _reason(code: int, lines: Sequence[str]) -> str:
    if code == -signal.SIGKILL:
        return KILLED
    if code < 0:
        return f"The job was ended by signal {signal.Signals(-code).name}. Its log shows the last step."
    return failure_reason(lines) or f"The job ended with exit code {code} and printed nothing."


def main(arguments: Sequence[str]) -> int:
    """Carry out one order of LocalRunner."""
    order = json.loads(arguments[0])
    ticket = Ticket(Path(order["ticket"]), order["ticket_descriptor"])
    os.set_inheritable(ticket.descriptor, False)
    run = Run.open(Path(order["run"]))
    Supervisor(run, order["stage"], ticket, order["grace_seconds"]).work(order["command"], Path(order["folder"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
