"""Step 2, Train: choose settings, start, watch the loss, stop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.jobs import SWEEP
from backend.runs import Event, Run, TrainingSummary, last_saved_state, latest_try
from ui.html import Chart, Figure, Part, button, callout, card, empty, figures, heading, losses, no_data, text
from ui.jobs import GAIN, HERE, JOBS, THEN, JobsForm, StagePanel, begin, following, login_button
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates, go, pick_step
from ui.services import events_at, stamp
from ui.train.form import SettingsForm
from ui.train.search import SearchForm, SearchTable, recorded, resume_flags
from ui.train.start import QUICK_ROWS, start, start_search
from ui.train.summary import settings_card

LEAD = "The model learns from your rows. Some rows are held out to measure the result."
WORDS = {
    "busy": "Training",
    "failed": "Training failed",
    "cancelled": "Training was cancelled",
    "saved": "Nothing was saved. Change the settings, or start again.",
}


class TrainStep(Panel):
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
                    Markup(
                        '<p class="note">Quick test: {} rows and 1 epoch, to check that everything runs.</p>'
                    ).format(QUICK_ROWS)
                )
            self.search_form = SearchForm()
        with gr.Column(visible=False) as self.live:
            self.panel = StagePanel("train")
            self.search_table = SearchTable()
            self.result = Part(elem_id="train-result")
            with gr.Column(elem_classes=["ft-card"], visible=False) as self.chart_box:
                self.chart_title = Part(elem_id="loss-title")
                self.chart = Chart("Loss of the training rows and of the held-out rows, by step", elem_id="loss")
            self.panel.build_log()
            self.settings = Part(elem_id="train-settings")

    def render(self, page_state: PageState) -> Updates:
        """The form, or the run's progress."""
        ready = page_state.run is None and page_state.report is not None and page_state.report.ok
        wanted: Updates = {
            self.blank: _blank(page_state),
            self.setup: gr.update(visible=ready and not page_state.services.identity.visitor),
            self.live: gr.update(visible=page_state.run is not None),
        }
        if ready:
            here = page_state.services.identity.machine
            wanted |= {**self.form.render(page_state), **self.jobs.render(page_state)}
            wanted[self.then] = KeyedUpdate(str(here), following(HERE if here else JOBS))
        if page_state.run:
            wanted |= self._render_run(page_state, page_state.run)
        return wanted

    def _render_run(self, page_state: PageState, run: Run) -> Updates:
        view = page_state.stage("train")
        steps = [event for event in view.events if event.kind == "step"]
        held_out = [event for event in view.events if event.kind == "eval"]
        return {
            **self.panel.render(page_state, _texts(page_state, run)),
            **self.search_table.render(run),
            self.result: _result(page_state),
            self.chart_box: gr.update(visible=len(steps) > 1),
            self.chart_title: _chart_title(steps, held_out),
            self.chart: _chart(run.metrics_path, stamp(run.metrics_path)) if len(steps) > 1 else "",
            self.settings: settings_card(run, page_state),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the form and the buttons."""
        inputs = {**self.form.inputs, "then": self.then, **self.jobs.inputs}
        chosen = list(inputs.values())

        def click(page_state: PageState, *values: Any, quick: bool = False) -> Location:
            return start(page_state, dict(zip(inputs, values, strict=True)), quick=quick)

        page.on(self.start.click, click, chosen)
        page.on(self.quick.click, partial(click, quick=True), chosen)
        searched = {**inputs, "budget": self.search_form.minutes}

        def find(page_state: PageState, *values: Any) -> Location:
            return start_search(page_state, dict(zip(searched, values, strict=True)))

        page.on(self.search_form.start.click, find, list(searched.values()))
        page.on_click(self.blank, pick_step)
        page.on_click(self.panel.state, lambda page_state, data: self.panel.click(page_state, data, _resume))
        page.on_click(self.result, pick_step)
        page.on_click(self.settings, _again)
        self.form.wire(page)
        self.jobs.wire(page, self.then, self.form.fields.named()["trackio_project"])


def _blank(page_state: PageState) -> Markup:
    if page_state.run is not None:
        return Markup("")
    if page_state.source is None:
        return no_data("Training needs your tools and your rows. Upload them in the Data step, or use the example.")
    if page_state.report is None:
        return card("Checking the data", "The settings appear here when the check is done.")
    if page_state.report.ok and page_state.services.identity.visitor:
        return empty("Log in to train", f"The data is ready. {GAIN}", login_button(page_state))
    if page_state.report.ok:
        return Markup("")
    errors = sum(issue.severity == "error" for issue in page_state.report.issues)
    back = button("step", "See the problems", kind="primary", step="data")
    return callout("error", "The data is not ready", f"{text.count(errors, 'error')} must be fixed first.", back)


def _texts(page_state: PageState, run: Run) -> dict[str, str]:
    """The panel's texts; if an interrupted training or search can resume, they say from where."""
    if page_state.stage("train").job == SWEEP and (sweep := recorded(run)):
        saved_trials = f"{text.count(len(sweep.trials), 'trial')} saved. The search can continue from there."
        return {
            **WORDS,
            "failed": "The search failed",
            "cancelled": "The search was cancelled",
            "saved": saved_trials,
            "again": "Continue the search",
        }
    saved = last_saved_state(run)
    if saved is None:
        return WORDS
    words = {"saved": f"It can resume from step {saved.step:,}.", "again": f"Resume from step {saved.step:,}"}
    return {**WORDS, **words}


def _resume(page_state: PageState) -> Location:
    """Start the training's or the search's job again, from its saved state."""
    job = page_state.stage("train").job
    if page_state.run and job == SWEEP and (sweep := recorded(page_state.run)):
        return begin(page_state, page_state.run, job, resume_flags(sweep), sweep.minutes)
    if page_state.run and last_saved_state(page_state.run):
        return begin(page_state, page_state.run, page_state.stage("train").job or "train", ["--resume"])
    return page_state.location


def _again(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the form again with the same data, or Trackio's dashboard; the run does not change."""
    if data.get("do") == "dashboard":
        page_state.services.dashboard.start()
        return page_state.location
    if page_state.run is None or page_state.source is None or data.get("do") != "again":
        return go("train")(page_state)
    draft = page_state.services.upload_store.add_changed(page_state.source)
    return Location(data=draft, step="train", like=page_state.run.id)


def _result(page_state: PageState) -> Markup:
    """The results of a finished training."""
    if not page_state.has("train") or page_state.stage("train").active:
        return Markup("")
    summary = page_state.training or TrainingSummary(rows=0, test_rows=0, steps=0, seconds=0.0)
    items = [
        Figure("Rows trained on", f"{summary.rows:,}", _beside(summary)),
        Figure("Time", text.duration(summary.seconds if page_state.training else None), f"{summary.steps:,} steps"),
        Figure("Last loss", _loss(summary.final_loss)),
        Figure("Parameters", _millions(summary.parameters)),
    ]
    on = button("step", "Continue to Evaluate", kind="primary", step="evaluate")
    return card("Trained", Markup("").join([figures(items), Markup('<div class="actions">{}</div>').format(on)]))


def _beside(summary: TrainingSummary) -> str:
    """The rows beside the user's training rows: off-topic ones in each epoch, and the held-out ones."""
    held_out = f"{summary.test_rows:,} held out"
    added = summary.off_topic_rows
    return f"and {added:,} off-topic in each epoch · {held_out}" if added else held_out


@lru_cache(maxsize=16)
def _chart(path: Path, at: tuple[int, int]) -> str:
    """The loss chart; cached until there are new events, because plotly is slow."""
    events = latest_try(events_at(path, at), "train")
    steps, held_out = ([event for event in events if event.kind == kind] for kind in ("step", "eval"))
    return losses(steps, held_out)


def _chart_title(steps: Sequence[Event], held_out: Sequence[Event]) -> Markup:
    """The chart's title with the latest loss of both curves and the mean probability of the right answers."""
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
