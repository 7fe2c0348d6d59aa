"""What the form's buttons start: a run with the settings that stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend.errors import InputError
from ui.jobs.launch import ask, job_for, start_here
from ui.jobs.remote_form import JOBS
from ui.page.location import Place
from ui.page.state import Scene
from ui.services.quotes import Order
from ui.train.fields import read_settings

QUICK_ROWS = 50
MOST_MINUTES = 7 * 24 * 60


def start(scene: Scene, values: Sequence[Any], *, quick: bool = False) -> Place:
    """Start what the form says, or ask for its price; InputError for the first setting that is not allowed."""
    if scene.run is not None:  # a second press, before the page shows the run that the first one made
        return scene.place
    *settings, then, where, machine, minutes = values
    name, config = read_settings(settings, folders=scene.services.identity.machine)
    if quick:
        config, name = replace(config, max_examples=QUICK_ROWS, epochs=1.0), f"{name} (quick test)".strip()
    if scene.source is None or scene.report is None:
        raise InputError("There is no data to train on. Go to the first step and give two files.")
    if where != JOBS and scene.services.identity.machine:
        return start_here(scene, config, name, then)
    config = replace(config, trackio_project=None)  # it would write to a disk that is lost with the job
    return ask(scene, Order(config, name, str(machine or ""), job_for(then), _minutes(minutes)))


def _minutes(written: object) -> float | None:
    text = str(written or "").strip()
    if not text:
        return None
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 1 <= minutes <= MOST_MINUTES:
        raise InputError(f"At most, in minutes: {text[:40]!r} is not allowed. Give 1 to {MOST_MINUTES:,}, or nothing.")
    return minutes
