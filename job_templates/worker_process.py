"""How much memory this process has taken at its height."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")

PEAK_MEMORY = "peak memory (MB):"
"""How the last line of a worker begins that tells its own."""


def peak_memory_mb() -> float:
    """The largest resident size of this process so far, in MB (10^6 bytes).

    Linux's VmHWM, because `ru_maxrss` starts at the size of the process that started this one; elsewhere `ru_maxrss`.
    """
    if STATUS.is_file():
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii", errors="replace"))
        if found:
            return int(found.group(1)) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


def end_with_parent() -> None:
    """Have the kernel kill this process once its parent is gone; on other systems than Linux nothing is done."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() == 1:  # it was gone before
        sys.exit(1)
