"""The environment of the app, set before anything imports the Hub's client, which reads it once."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

OWNERS_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HF_API_TOKEN", "HF_OIDC_RESOURCE")
"""The variables in which the client, now or earlier, finds a token by itself."""


def on_space(environment: Mapping[str, str]) -> bool:
    """Whether the app runs as a Space, for many people at once."""
    return environment.get("SYSTEM") == "spaces" and bool(environment.get("SPACE_ID"))


def prepare(environment: MutableMapping[str, str]) -> None:
    """Turns telemetry off, and on a Space removes the owner's token so that the client cannot send it.

    Child processes inherit it. The client's shared cache stays empty there: results lie in folders of their own, and
    the store of file chunks that Xet shares is not used.
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
