"""A loop-back Hub behind HF_ENDPOINT, fresh for every test, and what several files do with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.runs import Run
from tests.hub.checkouts import Checkout, checkout_at
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import SCOPES
from tests.hub.remote_runs import ordered_run


@pytest.fixture
def hub(hub_server: LoopbackHub) -> LoopbackHub:
    """The Hub, with no users, no repositories and no faults."""
    hub_server.reset()
    return hub_server


@pytest.fixture(scope="session")
def made_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout that each test gets a copy of."""
    return checkout_at(tmp_path_factory.mktemp("made") / "checkout").root


@pytest.fixture
def checkout(made_checkout: Path, tmp_path: Path) -> Checkout:
    return Checkout(Path(shutil.copytree(made_checkout, tmp_path / "checkout", symlinks=True)))


@pytest.fixture
def ada(hub: LoopbackHub) -> str:
    """The token of a user whose plan hosts Spaces."""
    hub.spaces.hosts.add("ada")
    return hub.world.add_user("ada")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Notes of doctors at work lie in the temporary folder: one of this test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def token(hub: LoopbackHub) -> str:
    return hub.world.add_user("ada")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return ordered_run(tmp_path / "runs")


@pytest.fixture
def login(hub: LoopbackHub) -> str:
    """Ada's login with the Space's own scopes; her jobs wait for ever."""
    hub.jobs.scheduling = 600.0
    return hub.world.accounts.add_oauth("ada", tuple(SCOPES.split()))
