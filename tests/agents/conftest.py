"""The app as agents find it, on a laptop and as a Space."""

from __future__ import annotations

import pytest

from tests.agents.client import Agent
from tests.attacks.conftest import Target, laptop, space
from tests.exported import exported_run, trained_run

__all__ = ["exported_run", "laptop", "space", "trained_run"]


@pytest.fixture
def agent(laptop: Target) -> Agent:
    """An agent of the laptop's user."""
    return Agent(laptop.url)
