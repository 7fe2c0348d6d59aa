"""Reading from repositories of the Hugging Face Hub that somebody else filled: with limits on all that is fetched."""

from __future__ import annotations

from backend.hub.fetching import MB, Limits, Listing, Room, fetch_all, fetch_file, list_files

__all__ = ["MB", "Limits", "Listing", "Room", "fetch_all", "fetch_file", "list_files"]
