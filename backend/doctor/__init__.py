"""Whether this machine, and an account on Hugging Face, can do what the app needs.

This package needs the standard library alone, so that the doctor starts where nothing is installed. `hub` imports the
Hub's client, and is imported where that is installed.
"""

from backend.doctor.finding import Finding, Outcome, Stopped, Watcher, failed, passed, unknown
from backend.doctor.machine import check_machine
from backend.doctor.places import existing, no_folder
from backend.doctor.report import Report

__all__ = [
    "Finding",
    "Outcome",
    "Report",
    "Stopped",
    "Watcher",
    "check_machine",
    "existing",
    "failed",
    "no_folder",
    "passed",
    "unknown",
]
