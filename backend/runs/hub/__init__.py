"""A run in a repository of the Hub: uploads, downloads, and the saved states of an unfinished training."""

from backend.runs.hub.repository import REPO_ID, check_repo_id, download_trained, prepare_repo, upload_run
from backend.runs.hub.unfinished import download_unfinished, snapshot, upload_unfinished

__all__ = [
    "REPO_ID",
    "check_repo_id",
    "download_trained",
    "download_unfinished",
    "prepare_repo",
    "snapshot",
    "upload_run",
    "upload_unfinished",
]
