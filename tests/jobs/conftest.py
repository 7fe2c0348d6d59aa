"""Tests of the job scripts share the machine's cores, and one small model that is trained and exported once."""

from __future__ import annotations

import os

from tests.exported import ROOT, exported_run, run_script

__all__ = ["ROOT", "exported_run", "run_script"]

# One thread each, and none that spins while it waits.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
