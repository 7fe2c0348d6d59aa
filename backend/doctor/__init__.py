"""Checks whether this machine and an account on Hugging Face can do what the app needs.

This package needs only the standard library, so that the doctor starts without any installed package. Its subpackage
`hub` imports the Hub's client, and is imported only if that is installed.
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
