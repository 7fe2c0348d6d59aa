"""Removes access tokens from every text that is shown or stored."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

# A user's token is hf_ and 34 letters and digits; OAuth's have words, dots and dashes in them. An identifier in a
# traceback (hf_hub_download_to_folder) has neither: underscores, but no capitals and no digits.
TOKEN = re.compile(r"\bhf_(?:[A-Za-z0-9]{20,}|(?=[a-z_]*[A-Z0-9])[\w.\-]{19,}\w)")

USERINFO = re.compile(r"\b([a-z][a-z0-9+.-]*://)[^/\s?#]*@", re.IGNORECASE)
"""User and password before an address's host; a password may hold @ itself."""


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """Put `hf_…` in the place of every Hugging Face token, and … in that of each given secret.

    User and password are taken out of every address, and HF_ENDPOINT's query out of those made from it.
    """
    for secret in secrets:
        text = text.replace(secret, "…")
    return TOKEN.sub("hf_…", USERINFO.sub(r"\1", _without_query(text)))


def plain_address(address: str) -> str:
    """An address without user, password, query and fragment, which can hold secrets."""
    return USERINFO.sub(r"\1", re.split(r"[?#]", address, maxsplit=1)[0]).rstrip("/")


def _without_query(text: str) -> str:
    """The text without the query of HF_ENDPOINT, which stands in every address made from that."""
    named = os.environ.get("HF_ENDPOINT", "")
    query = named[len(re.split(r"[?#]", named, maxsplit=1)[0]) :].rstrip("/")
    return text.replace(query, "") if len(query) > 1 else text
