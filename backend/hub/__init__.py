"""Reads repositories of other authors on the Hugging Face Hub, with limits on all downloads."""

from backend.hub.accounts import Accounts
from backend.hub.errors import (
    NO_TOKEN,
    TokenRefused,
    hub_errors,
    is_xet_error,
    limit_waiting,
    seconds_to_wait,
    unreachable,
)
from backend.hub.fetching import MB, Limits, Listing, Room, Token, fetch_all, fetch_file, list_files

__all__ = [
    "MB",
    "NO_TOKEN",
    "Accounts",
    "Limits",
    "Listing",
    "Room",
    "Token",
    "TokenRefused",
    "fetch_all",
    "fetch_file",
    "hub_errors",
    "is_xet_error",
    "limit_waiting",
    "list_files",
    "seconds_to_wait",
    "unreachable",
]
