"""Jobs: starting the scripts in job_templates/, following them, stopping them."""

from __future__ import annotations

from backend.jobs.commands import JOBS, PIPELINE, config_arguments, job_arguments
from backend.jobs.local import LocalRunner
from backend.jobs.logs import clean
from backend.jobs.runner import Runner
from backend.jobs.runner_router import EitherRunner
from backend.jobs.states import JobState, write_state

__all__ = [
    "JOBS",
    "PIPELINE",
    "EitherRunner",
    "JobState",
    "LocalRunner",
    "Runner",
    "clean",
    "config_arguments",
    "job_arguments",
    "write_state",
]
