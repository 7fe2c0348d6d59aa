"""Sets the environment of the app before any import of the Hub's client, which reads it once."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

OWNERS_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HF_API_TOKEN", "HF_OIDC_RESOURCE")
"""The variables from which the client, in current or earlier versions, reads a token."""


def on_space(environment: Mapping[str, str]) -> bool:
    """Whether the app runs as a Space, which has many users."""
    return environment.get("SYSTEM") == "spaces" and bool(environment.get("SPACE_ID"))


def prepare(environment: MutableMapping[str, str]) -> None:
    """Turns telemetry off, and on a Space removes the owner's token so that the client cannot send it.

    Child processes inherit the environment. On a Space the client's shared cache stays empty: downloads go to separate
    folders, and Xet's shared store of file chunks is off.
    """
    environment.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    environment.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not on_space(environment):
        return
    for name in OWNERS_TOKENS:
        environment.pop(name, None)
    environment["HF_TOKEN_PATH"] = os.devnull
    environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
    environment["HF_HUB_DISABLE_XET"] = "1"
