"""Whether this machine, and an account on Hugging Face, can do what the app needs.

`machine` and what it imports need the standard library alone, so that the doctor starts where nothing is installed;
`account` and `jobs` import the Hub's client, and are imported where it is there.
"""

from __future__ import annotations

from backend.doctor.finding import Finding, Outcome, Stopped, Watcher, failed, passed, unknown
from backend.doctor.machine import check_machine
from backend.doctor.report import Report

__all__ = ["Finding", "Outcome", "Report", "Stopped", "Watcher", "check_machine", "failed", "passed", "unknown"]
