"""A loop-back Hub behind HF_ENDPOINT, fresh for every test."""

from __future__ import annotations

import pytest

from tests.hub.loopback import LoopbackHub


@pytest.fixture
def hub(hub_server: LoopbackHub) -> LoopbackHub:
    """The Hub, with no users, no repositories and no faults."""
    hub_server.reset()
    return hub_server
