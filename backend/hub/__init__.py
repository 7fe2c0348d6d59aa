"""Reading from repositories of the Hugging Face Hub that somebody else filled: with limits on all that is fetched."""

from __future__ import annotations

from backend.hub.fetching import Limits, fetch_file, list_files

__all__ = ["Limits", "fetch_file", "list_files"]
