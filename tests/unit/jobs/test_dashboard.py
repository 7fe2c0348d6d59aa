"""Trackio's dashboard is a real process that shows a project and ends when told."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.trackio import Dashboard


def test_the_dashboard_answers_where_it_says_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))
    dashboard = Dashboard()
    assert dashboard.address("my bikes") is None
    assert not dashboard.starting
    dashboard.start()
    dashboard.start()
    try:
        deadline = time.monotonic() + 120
        while (address := dashboard.address("my bikes")) is None and time.monotonic() < deadline:
            assert dashboard.starting
            time.sleep(0.2)
        assert address is not None
        assert address.endswith("/?project=my+bikes")
        with urllib.request.urlopen(address, timeout=60) as page:
            assert b"rackio" in page.read()
    finally:
        dashboard.stop()
    assert dashboard.address("my bikes") is None


def test_there_is_none_on_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "me/app")
    assert not Dashboard().possible
    with pytest.raises(InputError, match="not installed here"):
        Dashboard().start()
