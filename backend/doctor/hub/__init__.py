"""Checks of an account on Hugging Face: its permissions, a test repository, and two small jobs."""

from backend.doctor.hub.account import FREE, AccountFindings, Jobs, check_account, local_token
from backend.doctor.hub.jobs import check_jobs, job_titles, not_started
from backend.doctor.hub.plan import Plan, dollars, plan_jobs
from backend.doctor.hub.visit import Visit

__all__ = [
    "FREE",
    "AccountFindings",
    "Jobs",
    "Plan",
    "Visit",
    "check_account",
    "check_jobs",
    "dollars",
    "job_titles",
    "local_token",
    "not_started",
    "plan_jobs",
]
