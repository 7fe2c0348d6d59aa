"""A loop-back Hub behind HF_ENDPOINT, fresh for every test."""

from __future__ import annotations

import os

import pytest

from tests.hub.loopback import LoopbackHub

# One thread each for what trains here, and none that spins while it waits.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def hub(hub_server: LoopbackHub) -> LoopbackHub:
    """The Hub, with no users, no repositories and no faults."""
    hub_server.reset()
    return hub_server
