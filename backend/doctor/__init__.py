"""Whether this machine, and an account on Hugging Face, can do what the app needs.

`machine` and what it imports need the standard library alone, so that the doctor starts where nothing is installed;
`account` and `jobs` import the Hub's client, and are imported where it is there.
"""

from backend.doctor.account import FREE, AccountFindings, Jobs, check_account, local_token
from backend.doctor.finding import Finding, Outcome, Stopped, Watcher, failed, passed, unknown
from backend.doctor.jobs import check_jobs, job_titles, not_started
from backend.doctor.machine import check_machine
from backend.doctor.places import existing, no_folder
from backend.doctor.plan import Plan, dollars, plan_jobs
from backend.doctor.report import Report
from backend.doctor.visit import Visit

__all__ = [
    "FREE",
    "AccountFindings",
    "Finding",
    "Jobs",
    "Outcome",
    "Plan",
    "Report",
    "Stopped",
    "Visit",
    "Watcher",
    "check_account",
    "check_jobs",
    "check_machine",
    "dollars",
    "existing",
    "failed",
    "job_titles",
    "local_token",
    "no_folder",
    "not_started",
    "passed",
    "plan_jobs",
    "unknown",
]
