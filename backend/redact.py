"""Keeping access tokens out of every text that is shown or stored."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A user's token is hf_ and 34 letters and digits; OAuth's have words, dots and dashes in them. An identifier in a
# traceback (hf_hub_download_to_folder) has neither: underscores, but no capitals and no digits.
TOKEN = re.compile(r"\bhf_(?:[A-Za-z0-9]{20,}|(?=[a-z_]*[A-Z0-9])[\w.\-]{19,}\w)")


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """Put `hf_…` in the place of every Hugging Face token, and … in that of each given secret."""
    for secret in secrets:
        text = text.replace(secret, "…")
    return TOKEN.sub("hf_…", text)
