"""Jobs on Hugging Face: their cost, checks before the start, submission, log, results, and the search for runs."""

from backend.jobs.huggingface.deletion import delete, mark_deleted_on_hub
from backend.jobs.huggingface.errors import RAISED, error_reason, is_refusal, job_errors, status
from backend.jobs.huggingface.hardware import DEFAULT_FLAVOR, Flavor, flavors
from backend.jobs.huggingface.log_stream import log_lines
from backend.jobs.huggingface.log_sync import MARK
from backend.jobs.huggingface.login import fits, login_ends, within_login
from backend.jobs.huggingface.preflight import Check, preflight
from backend.jobs.huggingface.quote import Quote, quote, sweep_quote
from backend.jobs.huggingface.remote import JobRef, Remote, read_remote, write_order
from backend.jobs.huggingface.run_search import download_url, find_runs
from backend.jobs.huggingface.runner import HuggingFaceRunner
from backend.jobs.huggingface.submission import ENVIRONMENT, IMAGE, MOUNT
from backend.jobs.huggingface.watch import Watchers

__all__ = [
    "DEFAULT_FLAVOR",
    "ENVIRONMENT",
    "IMAGE",
    "MARK",
    "MOUNT",
    "RAISED",
    "Check",
    "Flavor",
    "HuggingFaceRunner",
    "JobRef",
    "Quote",
    "Remote",
    "Watchers",
    "delete",
    "download_url",
    "error_reason",
    "find_runs",
    "fits",
    "flavors",
    "is_refusal",
    "job_errors",
    "log_lines",
    "login_ends",
    "mark_deleted_on_hub",
    "preflight",
    "quote",
    "read_remote",
    "status",
    "sweep_quote",
    "within_login",
    "write_order",
]
