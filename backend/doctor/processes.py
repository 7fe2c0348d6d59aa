"""Checks that run in a separate process, because a native library can end the process that it is in."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence

from backend.script_process import run_script

LONGEST = 300
"""The most characters of a reported error that are shown."""


class NoAnswer(Exception):
    """The process did not answer in time, or was ended; the message gives the reason."""


def run_check(arguments: Sequence[str], seconds: float) -> tuple[bool, str]:
    """Runs a script of the app; returns whether it ended without an error, and its last line or its error.

    Raises NoAnswer if it was ended, does not answer within `seconds`, or cannot be started.
    """
    try:
        done = run_script(arguments, seconds)
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"It did not answer within {seconds:.0f} seconds.") from error
    except OSError as error:
        raise NoAnswer(f"Its process could not be started: {error.strerror}.") from error
    if done.code < 0:
        raise NoAnswer(f"Its process was ended by {_name(-done.code)}.")
    if done.code == 0:
        return True, _last(done.stdout)
    return False, (done.reported_error or _last(done.stderr) or f"It ended with code {done.code}.")[:LONGEST]


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
