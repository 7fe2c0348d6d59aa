"""Step 3, Evaluate: the answers of the base and the tuned model to the held-out rows, and their scores."""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup

from backend.scoring import Evaluation, Report
from ui.evaluate.advice import advice_card
from ui.evaluate.charts import confusions
from ui.evaluate.comparison import ComparisonCard
from ui.evaluate.errors import chart_head, confusion_head, details_cards
from ui.evaluate.labels import before
from ui.evaluate.off_topic_rows import OffTopicRows
from ui.evaluate.probes import SWITCH, evaluate_button, probes_card
from ui.evaluate.rows import RowBrowser
from ui.evaluate.scores import scores_card
from ui.html import Chart, Part, button, callout, empty, heading, per_tool
from ui.jobs import StagePanel, begin
from ui.page import Location, Page, PageState, Panel, Updates, go

LEAD = "The model answers rows that it was not trained on. Its calls are compared with the expected ones."
WORDS = {
    "busy": "Evaluating",
    "failed": "The evaluation failed",
    "cancelled": "The evaluation was cancelled",
    "again": "Evaluate again",
}


UNREADABLE = "evaluation.json in the run's folder is damaged or missing. The model still exists: evaluate it again."


class EvaluateStep(Panel):
    """The step's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Evaluate", LEAD))
        self.blank = Part(elem_id="evaluate-blank", also=SWITCH)
        self.panel = StagePanel("evaluate")
        self.scores = Part(elem_id="scores", also=SWITCH)
        with gr.Column(visible=False) as self.details:
            self.advice = Part(elem_id="advice")
            with gr.Column(elem_classes=["ft-card"]):
                self.chart_title = Part(elem_id="per-tool-title")
                self.chart = Chart("Share of right rows per tool, with 95 % intervals", elem_id="per-tool")
            with gr.Column(elem_classes=["ft-card"]):
                self.confusion_title = Part(elem_id="confusion-title")
                self.confusion = Chart("Confusion matrix: expected tool by called tool", elem_id="confusion")
            self.errors = Part(elem_id="errors")
            self.off_topic = OffTopicRows()
            self.probes = Part(elem_id="probes")
            self.comparison = ComparisonCard()
            self.rows = RowBrowser()
        self.panel.build_log()

    def render(self, page_state: PageState) -> Updates:
        """The results, or the next step to get them."""
        evaluation = page_state.evaluation if page_state.has("train") else None
        view = page_state.stage("evaluate")
        measured = evaluation if not view.active else None
        wanted: Updates = {
            self.blank: _blank(page_state),
            **self.panel.render(page_state, WORDS),
            self.scores: "",
            self.details: gr.update(visible=measured is not None),
        }
        if not page_state.has("train") and not view.active:
            wanted[self.panel.state] = ""
        return wanted | self._render_results(page_state, measured) if measured else wanted

    def _render_results(self, page_state: PageState, evaluation: Evaluation) -> Updates:
        tuned, base = evaluation.tuned, evaluation.base
        return {
            self.scores: scores_card(evaluation, str(page_state.location.run), _declarations(page_state)),
            self.advice: advice_card(evaluation),
            self.chart_title: _chart_title(tuned),
            self.chart: per_tool(tuned.per_tool, base.per_tool if base else None, before(evaluation)),
            self.confusion_title: confusion_head(tuned),
            self.confusion: confusions(tuned.confusion, list(tuned.per_tool)),
            self.errors: details_cards(tuned),
            self.probes: probes_card(evaluation),
            **self.off_topic.render(page_state),
            **self.comparison.render(page_state),
            **self.rows.render(page_state),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the buttons, and of every figure that selects rows."""
        for part in (self.blank, self.panel.state, self.scores, self.off_topic.head):
            page.on_click(part, self._click)
        self.off_topic.wire(page)
        self.off_topic.follow(page, self.advice)
        self.comparison.wire(page)
        self.rows.wire(page)
        charts = (self.chart, self.confusion_title, self.confusion)
        for source in (self.advice, *charts, self.errors, self.probes, self.comparison.table):
            self.rows.follow(page, source)

    def _click(self, page_state: PageState, data: dict[str, str]) -> Location:
        if data.get("do") == "step":
            return go(data.get("step", "data"))(page_state)
        return self.panel.click(page_state, data, lambda page_state: _start(page_state, data))


def _start(page_state: PageState, data: dict[str, str]) -> Location:
    """Start the evaluation, with the probes if the switch is on."""
    if page_state.run:
        flags = ("--probes",) if data.get("probes") == "yes" else ()
        return begin(page_state, page_state.run, "evaluate", flags)
    return page_state.location


def _blank(page_state: PageState) -> Markup:
    if page_state.has("train"):
        state = page_state.stage("evaluate").state
        if state == "done" and page_state.evaluation is None:
            again = evaluate_button("Evaluate again", _declarations(page_state), on=False, kind="primary")
            return callout("error", "The evaluation cannot be read", UNREADABLE, again)
        if page_state.evaluation or state != "none":
            return Markup("")
        start = evaluate_button("Evaluate", _declarations(page_state), on=False, kind="primary")
        return empty("Not evaluated yet", "The base model and the tuned one answer every held-out row.", start)
    if page_state.stage("train").active:
        back = button("step", "See the training", step="train")
        return empty("Training first", "You can evaluate the model when training is done.", back)
    train = button("step", "Go to Train", kind="primary", step="train")
    return empty("Nothing to evaluate yet", "Train a model, or open a run from the list.", train)


def _declarations(page_state: PageState) -> str:
    return page_state.run.config.declarations if page_state.run else "none"


def _chart_title(tuned: Report) -> Markup:
    unmeasured = [name for name, score in tuned.per_tool.items() if not score.support]
    note = "Share of right rows with 95 % intervals, held-out rows in brackets. Click a bar to see its wrong rows."
    if unmeasured:
        note += f" Without held-out rows: {', '.join(unmeasured)}."
    return Markup('{}<p class="note">{}</p>').format(chart_head("Per tool", "per-tool"), note)
