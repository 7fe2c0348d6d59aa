"""The form's buttons start one run, however often they are pressed before the page shows it."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from backend.runs import RunConfig
from ui.jobs.remote_form import HERE, JOBS
from ui.page.location import Location
from ui.page.state import PageState
from ui.services.tenants import Tenants
from ui.train.start import start
from ui.train.step import TrainStep

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def test_a_second_press_makes_no_second_run(tmp_path: Path) -> None:
    services = Tenants(tmp_path).services(gr.Request())
    run = services.store.create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", "The first press")
    page_state = PageState(services, Location(run=run.id, step="train"))
    with gr.Blocks():
        step = TrainStep()
    fields = {**step.form.inputs, "then": step.then, **step.jobs.inputs}
    values = {name: getattr(field, "value", None) for name, field in fields.items()}
    assert values["where"] == HERE
    values["where"] = JOBS  # if it were started, the lack of a login would say so
    assert start(page_state, values) == page_state.location
    assert [entry.id for entry in services.store.list()] == [run.id]
