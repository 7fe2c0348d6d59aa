"""The choices of the settings form, and the conversion between its values and a run's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.errors import InputError
from backend.runs import STARTER, RunConfig
from ui.jobs import refuse_folder
from ui.train.field_components import form_settings, from_field, to_field

OTHER, FUNCTIONGEMMA = "other", "google/functiongemma-270m-it"
EFFORT_CHOICES = [("Fast", "fast"), ("Balanced", "balanced"), ("Thorough", "thorough")]
EFFORT_NOTE = "Sets the epochs. Thorough doubles them, and stops early if the held-out rows no longer improve."


def read_settings(
    values: Mapping[str, Any], *, folders: bool = True, settings: type[RunConfig] = RunConfig
) -> tuple[str, RunConfig]:
    """Returns the run's name and settings from the form's fields: `name`, `base`, `base_id`, and one for each setting.

    `folders` says whether the base may be a folder on this machine. Raises InputError for the first value that is not
    allowed.
    """
    base, base_id = values["base"], values["base_id"]
    base_model = str(base_id or "").strip() if base == OTHER else str(base)
    if not base_model:
        what = "a folder on this machine, or a Hub id" if folders else "a Hub id"
        raise InputError(f"Name the base model: {what} such as google/functiongemma-270m-it.")
    if not folders:
        refuse_folder(base_model)
    read = {one.name: from_field(one, values[one.name]) for one in form_settings(settings)}
    if base_model == STARTER:
        read["method"] = "full"
    return str(values["name"] or "").strip(), replace(settings.defaults(base_model), **read)


def setting_values(config: RunConfig) -> dict[str, Any]:
    """The values of the form's fields after the name and the base model, by setting."""
    return {one.name: to_field(one, getattr(config, one.name)) for one in form_settings(type(config))}
