"""Trackio's dashboard is a real process that shows a project and ends when told."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.trackio import Dashboard
from tests.waiting import wait_until


def test_the_dashboard_answers_where_it_says_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))
    dashboard = Dashboard()
    assert dashboard.address("my bikes") is None
    assert not dashboard.starting
    dashboard.start()
    dashboard.start()
    try:
        address = wait_until(lambda: _address(dashboard), 120)
        assert address.endswith("/?project=my+bikes")
        with urllib.request.urlopen(address, timeout=60) as page:
            assert b"rackio" in page.read()
    finally:
        dashboard.stop()
    assert dashboard.address("my bikes") is None


def _address(dashboard: Dashboard) -> str | None:
    """Where it answers; until then it must be starting."""
    starting = dashboard.starting
    address = dashboard.address("my bikes")
    assert address is not None or starting
    return address


def test_there_is_none_on_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "me/app")
    assert not Dashboard().possible
    with pytest.raises(InputError, match="not installed here"):
        Dashboard().start()
