"""How a command ends when nobody listens any longer, and how its lines stay whole beside another's."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from job_templates.cli import ENVIRONMENT, prepare_environment
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


IMPORTED = """
import os, sys
before = dict(os.environ)
import job_templates.cli
assert dict(os.environ) == before
"""
STARTED = """
import importlib.abc, json, os, runpy, sys

wanted = json.loads(sys.argv.pop(1))

def missing():
    return [name for name, value in wanted.items() if os.environ.get(name) != value]

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in ("torch", "huggingface_hub") and missing():
            sys.exit(f"{name} is imported without {missing()}")

sys.meta_path.insert(0, Finder())
sys.argv.pop(0)
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    if missing():
        sys.exit(f"not set: {missing()}")
"""
COMMANDS = (
    "validate",
    "train",
    "evaluate",
    "export",
    "pipeline",
    "sweep",
    "answer_checkpoint",
    "hub_job",
    "gpu_check",
    "doctor",
)


def _without_variables(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    return subprocess.run(
        [sys.executable, "-c", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_importing_cli_changes_no_variable() -> None:
    done = _without_variables(IMPORTED)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_started_command_has_the_variables_before_it_imports_torch_or_the_client(command: str) -> None:
    done = _without_variables(STARTED, json.dumps(ENVIRONMENT), str(ROOT / f"job_templates/{command}.py"), "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")


def test_a_variable_that_is_set_keeps_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    prepare_environment()
    assert {name: os.environ.pop(name) for name in ENVIRONMENT} == {**ENVIRONMENT, "GOMP_SPINCOUNT": "7"}
