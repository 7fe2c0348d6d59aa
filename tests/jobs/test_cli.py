"""How a command ends when nobody listens any longer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import DataSet

ROOT = Path(__file__).resolve().parents[2]


def test_a_closed_pipe_ends_a_command_quietly(cycling: DataSet) -> None:
    command = [sys.executable, ROOT / "job_templates/validate.py", "--dataset", cycling.dataset]
    command += ["--tools", cycling.tools]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141
