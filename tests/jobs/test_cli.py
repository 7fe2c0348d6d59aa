"""How a command ends when nobody listens any longer, and how its lines stay whole beside another's."""

from __future__ import annotations

import os
import socket
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


def test_a_line_is_written_at_once_also_without_buffers() -> None:
    """A job's script and the script above it share one output, and Hugging Face asks for PYTHONUNBUFFERED."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # keeps every write apart
    with ours, theirs:
        subprocess.run(
            [sys.executable, "-c", "from job_templates import cli; cli.run(lambda: cli.say('a line'))"],
            stdout=theirs.fileno(),
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            check=True,
        )
        assert ours.recv(1000) == b"a line\n"
