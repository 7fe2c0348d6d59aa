"""What the settings form reads from its text fields."""

from __future__ import annotations

import pytest

from backend.errors import InputError
from backend.runs import STARTER, RunConfig
from ui.settings_values import read_settings, setting_values


def _read(epochs: object) -> RunConfig:
    return read_settings(["a run", STARTER, "", epochs, *setting_values(RunConfig())[1:]])[1]


@pytest.mark.parametrize(("written", "epochs"), [("2.5", 2.5), (" 8 ", 8), (3, 3), (" Auto", "auto"), ("", "auto")])
def test_epochs_are_a_number_or_auto(written: object, epochs: object) -> None:
    assert _read(written).epochs == epochs


@pytest.mark.parametrize("written", ["1,5", "all", "many", "nan", "-1"])
def test_other_epochs_are_refused_and_never_guessed_at(written: str) -> None:
    with pytest.raises(InputError, match="Give auto, or a number above 0"):
        _read(written)
