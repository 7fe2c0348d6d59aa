"""Removes access tokens from every text that is shown or stored."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

# A user's token is hf_ and 34 letters and digits; OAuth tokens also have underscores, dots and dashes. An identifier in
# a traceback (hf_hub_download_to_folder) has underscores, but no capitals and no digits.
TOKEN = re.compile(r"\bhf_(?:[A-Za-z0-9]{20,}|(?=[a-z_]*[A-Z0-9])[\w.\-]{19,}\w)")

USERINFO = re.compile(r"\b([a-z][a-z0-9+.-]*://)[^/\s?#]*@", re.IGNORECASE)
"""User and password before an address's host; a password may contain @."""


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """Returns the text with `hf_…` for every Hugging Face token, and … for each given secret.

    User and password are removed from all addresses, and HF_ENDPOINT's query from the addresses that contain it.
    """
    for secret in secrets:
        text = text.replace(secret, "…")
    return TOKEN.sub("hf_…", USERINFO.sub(r"\1", _without_query(text)))


def plain_address(address: str) -> str:
    """Returns an address without user, password, query and fragment, which can contain secrets."""
    return USERINFO.sub(r"\1", re.split(r"[?#]", address, maxsplit=1)[0]).rstrip("/")


def _without_query(text: str) -> str:
    """Returns the text without the query of HF_ENDPOINT, which all addresses made from it contain."""
    named = os.environ.get("HF_ENDPOINT", "")
    query = named[len(re.split(r"[?#]", named, maxsplit=1)[0]) :].rstrip("/")
    return text.replace(query, "") if len(query) > 1 else text
