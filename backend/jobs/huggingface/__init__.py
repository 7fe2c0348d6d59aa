"""Jobs on Hugging Face: what they cost, whether they may start, starting them, following them, finding them again."""

from backend.jobs.huggingface.errors import RAISED, is_refusal, job_errors, status, told
from backend.jobs.huggingface.forgetting import delete, tell_forgotten
from backend.jobs.huggingface.hardware import DEFAULT_FLAVOR, Flavor, flavors
from backend.jobs.huggingface.log_stream import log_lines
from backend.jobs.huggingface.log_sync import MARK
from backend.jobs.huggingface.login import fits, login_ends, within_login
from backend.jobs.huggingface.preflight import Check, preflight
from backend.jobs.huggingface.quote import Quote, quote
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
    "find_runs",
    "fits",
    "flavors",
    "is_refusal",
    "job_errors",
    "log_lines",
    "login_ends",
    "preflight",
    "quote",
    "read_remote",
    "status",
    "tell_forgotten",
    "told",
    "within_login",
    "write_order",
]
