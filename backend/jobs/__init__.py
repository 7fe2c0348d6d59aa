"""Jobs: starts, follows and stops the scripts in job_templates/."""

from backend.jobs.commands import JOBS, PIPELINE, STAGES_OF, SWEEP, config_arguments, job_arguments
from backend.jobs.estimate import Estimate, Workload, estimate_training
from backend.jobs.local import LocalRunner
from backend.jobs.logs import CANCELLED, KILLED, clean
from backend.jobs.runner import Runner
from backend.jobs.runner_router import RunnerRouter
from backend.jobs.states import JobState, write_state

__all__ = [
    "CANCELLED",
    "JOBS",
    "KILLED",
    "PIPELINE",
    "STAGES_OF",
    "SWEEP",
    "Estimate",
    "JobState",
    "LocalRunner",
    "Runner",
    "RunnerRouter",
    "Workload",
    "clean",
    "config_arguments",
    "estimate_training",
    "job_arguments",
    "write_state",
]
