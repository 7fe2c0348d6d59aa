"""The estimated training time of the chosen settings, shown before a run starts."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from backend.errors import InputError
from backend.jobs import Estimate, estimate_training
from backend.runs import RunConfig, TrainingSummary, planned_epochs, shown
from ui.html import text
from ui.page import PageState
from ui.services import stored_runs, trained_rows, workload

LEAST_TRAININGS = 8
"""About as many trainings as the smallest search takes, the result's included: Plan(3, 3) in backend/trials."""


def estimate_line(page_state: PageState, config: RunConfig) -> Markup:
    """`About 2 min on this machine (250 steps)`; empty before the data is checked, or if no jobs run here."""
    report, estimate = page_state.report, estimate_here(page_state, config)
    if report is None or estimate is None:
        return Markup("")
    how = "based on earlier runs here" if estimate.calibrated else "a first estimate; later ones use the runs here"
    time, steps = text.duration(estimate.seconds), text.count(estimate.steps, "step")
    epochs = shown(planned_epochs(config, trained_rows(report, config)))
    said = f"{steps} in {epochs} epoch{'' if epochs == '1' else 's'}"
    least = text.duration(LEAST_TRAININGS * estimate.seconds)
    return Markup(
        '<p class="estimate">Training takes about {} on this machine: {}, {}. The smallest search for better settings '
        "takes about {}.</p>"
    ).format(time, said, how, least)


def estimate_here(page_state: PageState, config: RunConfig) -> Estimate | None:
    """The estimate for this machine; None before the data is checked, or if no jobs run here."""
    report = page_state.report
    if report is None or report.tokens is None or not page_state.services.identity.machine:
        return None
    return estimate_training(config, workload(report, config), _earlier(page_state))


def _earlier(page_state: PageState) -> Iterator[TrainingSummary]:
    """The training summaries of the runs in this store."""
    for entry in stored_runs(page_state.services.store):
        if entry.run is not None:
            try:
                yield TrainingSummary.read(entry.run.training_path)
            except (InputError, OSError):  # a damaged summary has no speed
                continue
