"""The settings in which runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.runs import RunConfig, Setting, settings_of

APART = ("trackio_project",)
"""Settings that change nothing in the model."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting by its label, and its value in each run, in their order."""

    label: str
    values: tuple[str, ...]


def differences(configs: Sequence[RunConfig]) -> list[Difference]:
    """Returns the settings that are not equal in all runs, in the order of their definition."""
    found = []
    for one in settings_of(RunConfig):
        values = [getattr(config, one.name) for config in configs]
        if one.name not in APART and any(value != values[0] for value in values):
            found.append(Difference(_label(one), tuple(map(one.shown, values))))
    return found


def _label(setting: Setting) -> str:
    """Returns the label of a setting in the form, or its name if it has none."""
    return setting.label or setting.name.replace("_", " ").capitalize()
