"""How long a run with the chosen settings will take, before it is started."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.data import CheckReport
from backend.errors import InputError
from backend.jobs.estimate import Workload, estimate_training
from backend.runs import RunConfig, read_json
from backend.runs.epochs import planned_epochs, shown
from ui import text
from ui.markup import Html, esc
from ui.scene import Scene
from ui.stored import stored_runs


def estimate_line(scene: Scene, config: RunConfig) -> Html:
    """`About 2 min on this machine (250 steps)`; nothing before the data is checked, or where no jobs run here."""
    report = scene.report
    if report is None or report.tokens is None or not scene.services.identity.machine:
        return Html("")
    estimate = estimate_training(config, workload(report, config), _earlier(scene))
    how = "going by earlier runs here" if estimate.calibrated else "a first guess; it learns from runs here"
    time, steps = text.duration(estimate.seconds), text.count(estimate.steps, "step")
    epochs = shown(planned_epochs(config, trained_rows(report, config)))
    said = f"{steps} in {epochs} epoch{'' if epochs == '1' else 's'}"
    return Html(f'<p class="estimate">Training takes about {time} on this machine: {esc(said)}, {how}.</p>')


def trained_rows(report: CheckReport, config: RunConfig) -> int:
    """About how many rows are left to train on, besides those held out."""
    return max(1, round(len(report.examples) * (1 - config.test_split)))


def workload(report: CheckReport, config: RunConfig) -> Workload:
    """What training on these rows computes, by the tokens that the check counted; InputError if it counted none."""
    budget = report.tokens
    if budget is None:
        raise InputError(f"The tokens of the rows were not counted. {report.tokens_error}".strip())
    longest_message = budget.prompt_tokens[budget.declarations] - budget.prefix
    return Workload(
        rows=trained_rows(report, config),
        prefix=budget.prompt_tokens[config.declarations] - longest_message,
        row_tokens=sum(budget.lengths) / len(budget.lengths) - budget.prefix,
    )


def _earlier(scene: Scene) -> Iterator[dict[str, Any]]:
    """The training summaries of the runs kept here."""
    for entry in stored_runs(scene.services.store):
        if entry.run is not None:
            try:
                yield read_json(entry.run.training_path)
            except (InputError, OSError):  # a damaged summary tells nothing about speed
                continue
