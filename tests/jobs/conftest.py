"""Tests of the job scripts share one small model that is trained and exported once."""

from __future__ import annotations

from tests.exported import ROOT, exported_run, run_script

__all__ = ["ROOT", "exported_run", "run_script"]
