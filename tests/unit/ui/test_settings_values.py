"""What the settings form reads from its text fields."""

from __future__ import annotations

from typing import Any

import pytest

from backend.errors import InputError
from backend.runs import STARTER, RunConfig
from ui.train.fields import FUNCTIONGEMMA, OTHER, read_settings, setting_values


def _read(epochs: object) -> RunConfig:
    return read_settings({**_values(STARTER, ""), "epochs": epochs})[1]


def _values(base: str, base_id: str) -> dict[str, Any]:
    return {"name": "a run", "base": base, "base_id": base_id, **setting_values(RunConfig())}


@pytest.mark.parametrize(("written", "epochs"), [("2.5", 2.5), (" 8 ", 8), (3, 3), (" Auto", "auto"), ("", "auto")])
def test_epochs_are_a_number_or_auto(written: object, epochs: object) -> None:
    assert _read(written).epochs == epochs


@pytest.mark.parametrize("written", ["1,5", "all", "many", "nan", "-1"])
def test_other_epochs_are_refused_and_never_guessed_at(written: str) -> None:
    with pytest.raises(InputError, match="Give auto, or a number above 0"):
        _read(written)


@pytest.mark.parametrize("base", ["backend", "./x", "/etc", "~/x", "../x", "a/b/c", "a b/c"])
def test_no_folder_is_a_base_where_jobs_see_none_of_this_machine(base: str) -> None:
    values = _values(OTHER, base)
    assert read_settings(values)[1].base_model == base
    with pytest.raises(InputError, match="is not the name of a model on the Hub"):
        read_settings(values, folders=False)


@pytest.mark.parametrize("base", [FUNCTIONGEMMA, "ui/static"])
def test_a_name_of_the_hub_is_a_base_everywhere(base: str) -> None:
    values = _values(OTHER, base)
    assert read_settings(values, folders=False)[1].base_model == base
    with pytest.raises(InputError, match="Name the base model: a Hub id"):
        read_settings(_values(OTHER, " "), folders=False)
