"""Step 3, Evaluate: the held-out rows, answered by the base and by the tuned model, and what came out."""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup

from backend.scoring import Evaluation, Report
from ui.evaluate.advice import advice_card
from ui.evaluate.charts import confusions
from ui.evaluate.comparison import BesideCard
from ui.evaluate.errors import chart_head, confusion_head, details_cards
from ui.evaluate.labels import before
from ui.evaluate.probes import SWITCH, evaluate_button, probes_card
from ui.evaluate.rows import RowBrowser
from ui.evaluate.scores import scores_card
from ui.html.charts import Chart, per_tool
from ui.html.markup import button, callout, empty, heading
from ui.html.part import Part
from ui.jobs.launch import begin
from ui.jobs.stage_panel import StagePanel
from ui.page.location import Place
from ui.page.page import Page, go
from ui.page.state import Scene
from ui.page.updates import Holder, Wanted

LEAD = "The model answers rows that were held back from training, and its calls are compared with the right ones."
WORDS = {
    "busy": "Evaluating",
    "failed": "The evaluation failed",
    "cancelled": "The evaluation was cancelled",
    "again": "Evaluate again",
}


UNREADABLE = "evaluation.json in the run's folder is damaged or gone. The model is kept: measure it again."


class EvaluateStep(Holder):
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
                self.confusion = Chart("Which tool was called where which was expected", elem_id="confusion")
            self.errors = Part(elem_id="errors")
            self.probes = Part(elem_id="probes")
            self.beside = BesideCard()
            self.rows = RowBrowser()
        self.panel.build_log()

    def paint(self, scene: Scene) -> Wanted:
        """The results, or how to get them."""
        evaluation = scene.evaluation if scene.has("train") else None
        view = scene.stage("evaluate")
        measured = evaluation if not view.active else None
        wanted: Wanted = {
            self.blank: _blank(scene),
            **self.panel.paint(scene, WORDS),
            self.scores: "",
            self.details: gr.update(visible=measured is not None),
        }
        if not scene.has("train") and not view.active:
            wanted[self.panel.state] = ""
        return wanted | self._paint_results(scene, measured) if measured else wanted

    def _paint_results(self, scene: Scene, evaluation: Evaluation) -> Wanted:
        tuned, base = evaluation.tuned, evaluation.base
        return {
            self.scores: scores_card(evaluation, str(scene.place.run), _declarations(scene)),
            self.advice: advice_card(evaluation),
            self.chart_title: _chart_title(tuned),
            self.chart: per_tool(tuned.per_tool, base.per_tool if base else None, before(evaluation)),
            self.confusion_title: confusion_head(tuned),
            self.confusion: confusions(tuned.confusion, list(tuned.per_tool)),
            self.errors: details_cards(tuned),
            self.probes: probes_card(evaluation),
            **self.beside.paint(scene),
            **self.rows.paint(scene),
        }

    def wire(self, page: Page) -> None:
        """Tie the buttons to the evaluation, and all that stands for rows to the rows."""
        for part in (self.blank, self.panel.state, self.scores):
            page.on_press(part, self._press)
        self.beside.wire(page)
        self.rows.wire(page)
        charts = (self.chart, self.confusion_title, self.confusion)
        for source in (self.advice, *charts, self.errors, self.probes, self.beside.table):
            self.rows.follow(page, source)

    def _press(self, scene: Scene, data: dict[str, str]) -> Place:
        if data.get("do") == "step":
            return go(data.get("step", "data"))(scene)
        return self.panel.press(scene, data, lambda scene: _start(scene, data))


def _start(scene: Scene, data: dict[str, str]) -> Place:
    """Start the evaluation, with the probes where the switch asks for them."""
    if scene.run:
        wanted = ("--probes",) if data.get("probes") == "yes" else ()
        return begin(scene, scene.run, "evaluate", wanted)
    return scene.place


def _blank(scene: Scene) -> Markup:
    if scene.has("train"):
        state = scene.stage("evaluate").state
        if state == "done" and scene.evaluation is None:
            again = evaluate_button("Evaluate again", _declarations(scene), on=False, kind="primary")
            return callout("error", "The measurement cannot be read", UNREADABLE, again)
        if scene.evaluation or state != "none":
            return Markup("")
        start = evaluate_button("Evaluate", _declarations(scene), on=False, kind="primary")
        return empty("Not measured yet", "The base model and the tuned one answer every held-out row.", start)
    if scene.stage("train").active:
        back = button("step", "See the training", step="train")
        return empty("Training first", "There is something to measure when training is done.", back)
    train = button("step", "Go to Train", kind="primary", step="train")
    return empty("Nothing to measure yet", "Train a model, or open a run from the list.", train)


def _declarations(scene: Scene) -> str:
    return scene.run.config.declarations if scene.run else "none"


def _chart_title(tuned: Report) -> Markup:
    unmeasured = [name for name, score in tuned.per_tool.items() if not score.support]
    note = "Share of right rows with 95 % intervals, held-out rows in brackets. Press a bar to see its wrong rows."
    if unmeasured:
        note += f" Without held-out rows: {', '.join(unmeasured)}."
    return Markup('{}<p class="note">{}</p>').format(chart_head("Per tool", "per-tool"), note)
