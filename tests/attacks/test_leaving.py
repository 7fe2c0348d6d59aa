"""What the app leaves behind when it is told to stop."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.browser.conftest import App
from ui.frame.serving import INCOMING

pytestmark = pytest.mark.slow  # unit/ui/guard/test_uploads.py holds the folder


@pytest.mark.parametrize("asked", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])  # one way out
def test_the_folder_of_uploads_goes_with_the_app(tmp_path: Path, asked: signal.Signals) -> None:
    app = App(tmp_path / "runs")
    app.start()
    incoming = app.home / INCOMING
    assert list(incoming.iterdir()) != []
    app.stop(asked)
    assert list(incoming.iterdir()) == []
