"""Runs heavy work in a separate process, so that the page stays responsive. A pipe carries pickled calls and progress.

`run_apart` starts `python -m ui.work.process FD BYTES`. The process imports only the modules that the work
needs, and no gradio.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from backend.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.2
NICENESS = 5
Result = TypeVar("Result")
ReportProgress = Callable[[float, str], None]
"""Takes the share that is done, from 0 to 1, and the current activity."""


class Stopped(Exception):
    """The visitor stopped the work."""


class TooMuch(Exception):
    """The work exceeded its time limit."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of work: seconds, and bytes of address space."""

    seconds: float
    bytes: int


def run_apart(
    work: Callable[..., Result],
    arguments: tuple[Any, ...],
    report: ReportProgress,
    stop: threading.Event,
    bounds: Bounds | None = None,
) -> Result:
    """Returns `work(*arguments, report)`, computed in another process.

    `work` is a function of a module, and its arguments can be pickled. Raises the work's InputError, Stopped if `stop`
    is set, TooMuch if the time is over (both kill the process), and RuntimeError if the process ends without a result,
    for example because it has no memory left.
    """
    ours, theirs = Pipe()
    descriptor = theirs.fileno()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.work.process", str(descriptor), str(bounds.bytes if bounds else 0)],
        cwd=ROOT,
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    try:
        ours.send((work, arguments))
        answer: Result = _answer(ours, report, stop, time.monotonic() + bounds.seconds if bounds else None)
    except (EOFError, OSError) as error:
        raise RuntimeError("The process for this work ended without a result.") from error
    finally:
        ours.close()
        process.kill()
        process.wait()
    return answer


def _answer(pipe: Connection, report: ReportProgress, stop: threading.Event, ends: float | None) -> Any:
    while True:
        if stop.is_set():
            raise Stopped
        if ends is not None and time.monotonic() > ends:
            raise TooMuch
        if pipe.poll(POLL_SECONDS):
            kind, value = pipe.recv()
            if kind == "result":
                return value
            if kind == "error":
                raise InputError(value)
            report(*value)


def main(descriptor: int, most_bytes: int = 0) -> None:
    """Do the work that the other end of the pipe sends, within `most_bytes` of address space; 0 is no limit."""
    os.nice(NICENESS)
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe = Connection(descriptor)
    work, arguments = pipe.recv()

    def report(fraction: float, doing: str) -> None:
        pipe.send(("progress", (fraction, doing)))

    try:
        pipe.send(("result", work(*arguments, report)))
    except InputError as error:
        pipe.send(("error", str(error)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
