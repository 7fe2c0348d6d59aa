"""Starting a job here or on Hugging Face, confirming its price, and the panel that follows it."""

from ui.jobs.confirm import SCROLL_INTO_VIEW, JobsConfirm, dollars
from ui.jobs.launch import ask, begin, confirm, job_for, refuse_folder, start_here
from ui.jobs.login import GAIN, login_button
from ui.jobs.remote_form import HERE, JOBS, THEN, JobsForm, following
from ui.jobs.stage_panel import StagePanel, cancel_from, doing

__all__ = [
    "GAIN",
    "HERE",
    "JOBS",
    "SCROLL_INTO_VIEW",
    "THEN",
    "JobsConfirm",
    "JobsForm",
    "StagePanel",
    "ask",
    "begin",
    "cancel_from",
    "confirm",
    "doing",
    "dollars",
    "following",
    "job_for",
    "login_button",
    "refuse_folder",
    "start_here",
]
