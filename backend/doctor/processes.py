"""Checks that run in a process of their own, as a native library can end the process that it is in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

from backend.doctor.places import ROOT

LONGEST = 300
"""Of what a process says in an error, so many characters are told."""


class NoAnswer(Exception):
    """The process gave no answer in time, or was ended; the message says which."""


def said(command: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None) -> tuple[bool, str]:
    """Run a script of ours with this Python; whether it ended well, and its last line or its error. NoAnswer."""
    try:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"It gave no answer within {seconds:.0f} seconds.") from error
    except OSError as error:
        raise NoAnswer(f"Its process could not be started: {error.strerror}.") from error
    if done.returncode < 0:
        raise NoAnswer(f"It ended its process ({_name(-done.returncode)}).")
    if done.returncode == 0:
        return True, _last(done.stdout)
    errors = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
    return False, (errors[-1] if errors else _last(done.stderr) or f"It ended with code {done.returncode}.")[:LONGEST]


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
