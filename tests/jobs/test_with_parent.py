"""A worker process does not outlive the process that started it, however that ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(child.pid, child.stdout.readline(), flush=True)
time.sleep(600)
"""
CHILD = """
import time
from job_templates.worker_process import end_with_parent
end_with_parent()
print("ready", flush=True)
time.sleep(600)
"""


def test_a_worker_is_killed_with_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pid, ready = parent.stdout.readline().split()
        assert ready == "ready"
        watched = os.pidfd_open(int(pid))
        parent.send_signal(signal.SIGKILL)
        parent.wait(60)
    try:
        assert _ended(watched)
    finally:
        os.close(watched)


def _ended(watched: int) -> bool:
    """Whether the process behind a descriptor ends within a minute: it is readable then."""
    return bool(select.select([watched], [], [], 60)[0])
