"""What a worker process prints, its peak memory, and its end together with its parent."""

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
"""The start of a worker's last line, which reports its peak memory."""


ROUNDED_LAYERS = "rounded layers:"
"""The start of a line with the numbers of rounded layers and of all layers."""


def peak_memory_mb() -> float:
    """Returns the largest resident size of this process so far, in MB (10^6 bytes).

    On Linux this is VmHWM, because `ru_maxrss` starts at the size of the parent process; elsewhere it is `ru_maxrss`.
    """
    if STATUS.is_file():
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii", errors="replace"))
        if found:
            return int(found.group(1)) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends. Does nothing on systems other than Linux."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() == 1:  # the parent has ended already
        sys.exit(1)
