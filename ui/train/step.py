"""Step 2, Train: choose settings, start, watch the loss, stop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.runs import Event, Run, TrainingSummary
from backend.runs.event_log import latest_try
from backend.runs.resume import last_kept
from ui.html import text
from ui.html.charts import Chart, losses
from ui.html.markup import Figure, button, callout, card, empty, figures, heading, no_data
from ui.html.part import Part
from ui.jobs.launch import begin
from ui.jobs.login import GAIN, login_button
from ui.jobs.remote_form import HERE, JOBS, THEN, JobsForm, following
from ui.jobs.stage_panel import StagePanel
from ui.page.location import Place
from ui.page.page import Page, go, pick_step
from ui.page.state import Scene
from ui.page.updates import Holder, Keyed, Wanted
from ui.services.stages import events_at, stamp
from ui.train.form import SettingsForm
from ui.train.start import QUICK_ROWS, start
from ui.train.summary import settings_card

LEAD = "The model learns from the rows; some are held out, so that what it learnt can be measured."
WORDS = {
    "busy": "Training",
    "failed": "Training failed",
    "cancelled": "Training was cancelled",
    "kept": "Nothing of it is kept. Change the settings, or start again.",
}


class TrainStep(Holder):
    """The step's components: a form before a run exists, its progress afterwards."""

    def __init__(self) -> None:
        self.heading = Part(heading("Train", LEAD))
        self.blank = Part(elem_id="train-blank")
        with gr.Column(visible=False) as self.setup:
            self.form = SettingsForm()
            self.jobs = JobsForm()
            with gr.Column(elem_classes=["ft-card"]):
                self.then = gr.Radio(
                    THEN, value="evaluate", label="When training is done", elem_classes=["ft-segments"]
                )
                self.form.build_estimate()
                with gr.Row(elem_classes=["ft-buttons"]):
                    self.start = gr.Button("Start training", variant="primary", elem_id="start-training")
                    self.quick = gr.Button("Quick test", elem_id="quick-test")
                self.hint = Part(
                    Markup('<p class="note">Quick test: {} rows, 1 epoch, to see that everything runs.</p>').format(
                        QUICK_ROWS
                    )
                )
        with gr.Column(visible=False) as self.live:
            self.panel = StagePanel("train")
            self.result = Part(elem_id="train-result")
            with gr.Column(elem_classes=["ft-card"], visible=False) as self.chart_box:
                self.chart_title = Part(elem_id="loss-title")
                self.chart = Chart("Loss of the training rows and of the held-out rows, by step", elem_id="loss")
            self.panel.build_log()
            self.settings = Part(elem_id="train-settings")

    def paint(self, scene: Scene) -> Wanted:
        """The form, or the run's progress."""
        ready = scene.run is None and scene.report is not None and scene.report.ok
        wanted: Wanted = {
            self.blank: _blank(scene),
            self.setup: gr.update(visible=ready and not scene.services.identity.visitor),
            self.live: gr.update(visible=scene.run is not None),
        }
        if ready:
            here = scene.services.identity.machine
            wanted |= {**self.form.paint(scene), **self.jobs.paint(scene)}
            wanted[self.then] = Keyed(str(here), following(HERE if here else JOBS))
        if scene.run:
            wanted |= self._paint_run(scene, scene.run)
        return wanted

    def _paint_run(self, scene: Scene, run: Run) -> Wanted:
        view = scene.stage("train")
        steps = [event for event in view.events if event.kind == "step"]
        held_out = [event for event in view.events if event.kind == "eval"]
        return {
            **self.panel.paint(scene, _words(run)),
            self.result: _result(scene),
            self.chart_box: gr.update(visible=len(steps) > 1),
            self.chart_title: _chart_title(steps, held_out),
            self.chart: _chart(run.metrics_path, stamp(run.metrics_path)) if len(steps) > 1 else "",
            self.settings: settings_card(run, scene),
        }

    def wire(self, page: Page) -> None:
        """Tie the form and the buttons to the run."""
        inputs = {**self.form.inputs, "then": self.then, **self.jobs.inputs}
        chosen = list(inputs.values())

        def press(scene: Scene, *values: Any, quick: bool = False) -> Place:
            return start(scene, dict(zip(inputs, values, strict=True)), quick=quick)

        page.on(self.start.click, press, chosen)
        page.on(self.quick.click, partial(press, quick=True), chosen)
        page.on_press(self.blank, pick_step)
        page.on_press(self.panel.state, lambda scene, data: self.panel.press(scene, data, _go_on))
        page.on_press(self.result, pick_step)
        page.on_press(self.settings, _again)
        self.form.wire(page)
        self.jobs.wire(page, self.then, self.form.fields.named()["trackio_project"])


def _blank(scene: Scene) -> Markup:
    if scene.run is not None:
        return Markup("")
    if scene.source is None:
        return no_data("Training needs your tools and your rows. Give them in the first step, or use the example.")
    if scene.report is None:
        return card("Checking the data", "The settings appear here when the check is done.")
    if scene.report.ok and scene.services.identity.visitor:
        return empty("Log in to train", f"The data is ready. {GAIN}", login_button(scene))
    if scene.report.ok:
        return Markup("")
    errors = sum(issue.severity == "error" for issue in scene.report.issues)
    back = button("step", "See the problems", kind="primary", step="data")
    return callout("error", "The data is not ready", f"{text.count(errors, 'error')} must be mended first.", back)


def _words(run: Run) -> dict[str, str]:
    """The panel's words, with the way on where a training that was cut off left one."""
    kept = last_kept(run)
    if kept is None:
        return WORDS
    words = {"kept": f"It can go on from step {kept.step:,}.", "again": f"Go on from step {kept.step:,}"}
    return {**WORDS, **words}


def _go_on(scene: Scene) -> Place:
    """Start the training's job again, from what it kept."""
    if scene.run and last_kept(scene.run):
        return begin(scene, scene.run, scene.stage("train").job or "train", ["--resume"])
    return scene.place


def _again(scene: Scene, data: dict[str, str]) -> Place:
    """The form again, with the same data: the run stays as it is; or Trackio's dashboard."""
    if data.get("do") == "dashboard":
        scene.services.dashboard.start()
        return scene.place
    if scene.run is None or scene.source is None or data.get("do") != "again":
        return go("train")(scene)
    source = scene.source
    draft = scene.services.drafts.add(source.dataset, source.tools, source.name, source.origin)
    return Place(data=draft, step="train", like=scene.run.id)


def _result(scene: Scene) -> Markup:
    """What training left, once it is done."""
    if not scene.has("train") or scene.stage("train").active:
        return Markup("")
    summary = scene.training or TrainingSummary(rows=0, test_rows=0, steps=0, seconds=0.0)
    items = [
        Figure("Rows trained on", f"{summary.rows:,}", f"{summary.test_rows:,} held out"),
        Figure("Time", text.duration(summary.seconds if scene.training else None), f"{summary.steps:,} steps"),
        Figure("Last loss", _loss(summary.final_loss)),
        Figure("Parameters", _millions(summary.parameters)),
    ]
    on = button("step", "Continue to Evaluate", kind="primary", step="evaluate")
    return card("Trained", Markup("").join([figures(items), Markup('<div class="actions">{}</div>').format(on)]))


@lru_cache(maxsize=16)
def _chart(path: Path, at: tuple[int, int]) -> str:
    """The loss chart, drawn anew only when there are new events: plotly takes its time."""
    events = latest_try(events_at(path, at), "train")
    steps, held_out = ([event for event in events if event.kind == kind] for kind in ("step", "eval"))
    return losses(steps, held_out)


def _chart_title(steps: Sequence[Event], held_out: Sequence[Event]) -> Markup:
    """The chart's name, with the latest of both curves, and how likely the held-out rows' right answers are."""
    latest = [f"training {_loss(steps[-1].loss)}"] if steps else []
    if held_out:
        latest.append(f"held out {_loss(held_out[-1].loss)}")
        match = held_out[-1].match
        latest += [f"right answers {text.percent(match, 0)} likely"] if match is not None else []
    aside = Markup('<div class="aside">{}</div>').format(" · ".join(latest))
    return Markup('<div class="card-head"><h2>Loss</h2>{}</div>').format(aside)


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _millions(value: int | None) -> str:
    return "–" if value is None else f"{value / 1e6:.1f} M"
