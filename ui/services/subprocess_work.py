"""Runs heavy work in a separate process, so that the page keeps answering; a pipe carries pickled calls and progress.

Run as `python -m ui.services.subprocess_work FD BYTES`, which is what `run_apart` does; the process imports what the
work needs, and no gradio.
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
Tell = Callable[[float, str], None]


class Stopped(Exception):
    """The visitor asked for the work to stop."""


class TooMuch(Exception):
    """The work took more time than it may."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What work may take at most: seconds, and bytes of address space."""

    seconds: float
    bytes: int


def run_apart(
    work: Callable[..., Result],
    arguments: tuple[Any, ...],
    tell: Tell,
    stop: threading.Event,
    bounds: Bounds | None = None,
) -> Result:
    """`work(*arguments, tell)` in another process: a function of a module, with arguments that can be pickled.

    Raises what the work raised as InputError, Stopped once `stop` is set and TooMuch once its seconds are over (the
    process is killed), and RuntimeError where the process ended without an answer, as without memory it does.
    """
    ours, theirs = Pipe()
    descriptor = theirs.fileno()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.services.subprocess_work", str(descriptor), str(bounds.bytes if bounds else 0)],
        cwd=ROOT,
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    try:
        ours.send((work, arguments))
        answer: Result = _answer(ours, tell, stop, time.monotonic() + bounds.seconds if bounds else None)
    except (EOFError, OSError) as error:
        raise RuntimeError("The process that worked on this ended without an answer.") from error
    finally:
        ours.close()
        process.kill()
        process.wait()
    return answer


def _answer(heard: Connection, tell: Tell, stop: threading.Event, ends: float | None) -> Any:
    while True:
        if stop.is_set():
            raise Stopped
        if ends is not None and time.monotonic() > ends:
            raise TooMuch
        if heard.poll(POLL_SECONDS):
            kind, value = heard.recv()
            if kind == "result":
                return value
            if kind == "error":
                raise InputError(value)
            tell(*value)


def main(descriptor: int, most_bytes: int = 0) -> None:
    """Do the one piece of work that the other end of the pipe asks for, in so much address space; 0 is no limit."""
    os.nice(NICENESS)
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe = Connection(descriptor)
    work, arguments = pipe.recv()

    def tell(fraction: float, doing: str) -> None:
        pipe.send(("progress", (fraction, doing)))

    try:
        pipe.send(("result", work(*arguments, tell)))
    except InputError as error:
        pipe.send(("error", str(error)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
