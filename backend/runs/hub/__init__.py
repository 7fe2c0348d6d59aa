"""A run in a repository of the Hub: made, uploaded, fetched, and kept there while its training is not done."""

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
