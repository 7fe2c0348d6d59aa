"""Runs a script of the app in a separate process, because a native library can end the process that it is in.

Only the standard library is needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ERROR = "error: "


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """The output of an ended script; `code` is its exit code, or the negative number of the signal that ended it."""

    code: int
    stdout: str
    stderr: str

    @property
    def reported_error(self) -> str:
        """The text of the last `error: ` line, empty if there is none."""
        errors = [line.removeprefix(ERROR) for line in self.stderr.splitlines() if line.startswith(ERROR)]
        return errors[-1] if errors else ""


def run_script(arguments: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None) -> ScriptResult:
    """Runs this Python with `arguments` in the app's folder; `environment` is added to this process's own.

    Raises subprocess.TimeoutExpired after `seconds`, and OSError if the process cannot be started.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )
    return ScriptResult(done.returncode, done.stdout, done.stderr)
