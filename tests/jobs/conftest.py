"""Tests of the job scripts share one small model that is trained and exported once."""

from __future__ import annotations

from job_templates.cli import prepare_environment
from tests.exported import ROOT, exported_run, run_script, trained_run

prepare_environment()  # tests of the jobs' modules run as the commands do

__all__ = ["ROOT", "exported_run", "run_script", "trained_run"]
