"""Tests of the job scripts share the machine's cores: one thread each, and none that spins while it waits."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
