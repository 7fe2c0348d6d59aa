"""Starts a run with the settings in the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.errors import InputError
from backend.jobs import SWEEP
from ui.jobs import JOBS, ask, job_for, start_here
from ui.page import Location, PageState
from ui.services import Order
from ui.train.fields import read_settings
from ui.train.search import budget, search_flags

QUICK_ROWS = 50
MOST_MINUTES = 7 * 24 * 60


def start(page_state: PageState, values: Mapping[str, Any], *, quick: bool = False) -> Location:
    """Start a run with the form's values, or ask for its price. Raises InputError for the first invalid value.

    `values` are those of read_settings, `then` (the stages that follow), and `where`, `machine`, `minutes` of JobsForm.
    """
    if page_state.run is not None:  # a second click, before the page shows the run that the first one made
        return page_state.location
    name, config = read_settings(values, folders=page_state.services.identity.machine)
    if quick:
        config, name = replace(config, max_examples=QUICK_ROWS, epochs=1.0), f"{name} (quick test)".strip()
    if page_state.source is None or page_state.report is None:
        raise InputError("There is no data to train on. Upload two files in the Data step.")
    if values["where"] != JOBS and page_state.services.identity.machine:
        return start_here(page_state, config, name, values["then"])
    config = replace(config, trackio_project=None)  # Trackio would write to a disk that is deleted with the job
    machine, minutes = str(values["machine"] or ""), _minutes(values["minutes"])
    return ask(page_state, Order(config, name, machine, job_for(values["then"]), minutes))


def start_search(page_state: PageState, values: Mapping[str, Any]) -> Location:
    """Start a search from the form's values, or ask for its price. Raises InputError for the first invalid value.

    `values` are those of `start`, and `budget` in minutes.
    """
    if page_state.run is not None:
        return page_state.location
    name, config = read_settings(values, folders=page_state.services.identity.machine)
    config = replace(config, trackio_project=None)
    minutes = budget(values["budget"])
    if page_state.source is None or page_state.report is None:
        raise InputError("There is no data to train on. Upload two files in the Data step.")
    flags = tuple(search_flags(minutes))
    if values["where"] != JOBS and page_state.services.identity.machine:
        return start_here(page_state, config, name, SWEEP, flags)
    return ask(page_state, Order(config, name, str(values["machine"] or ""), SWEEP, minutes, flags=flags))


def _minutes(written: object) -> float | None:
    text = str(written or "").strip()
    if not text:
        return None
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 1 <= minutes <= MOST_MINUTES:
        raise InputError(
            f"At most, in minutes: {text[:40]!r} is not allowed. Enter 1 to {MOST_MINUTES:,}, or leave the field empty."
        )
    return minutes
